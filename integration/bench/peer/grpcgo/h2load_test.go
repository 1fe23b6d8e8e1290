package grpcgo

import (
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/bench/load"
)

// An internal test: what h2load prints is read here, and h2load is seldom
// installed.

func TestWhatH2loadPrintsIsCounted(t *testing.T) {
	tests := []struct {
		name, out string
		want      load.Result
		wantErr   string
	}{
		{
			name: "a run",
			out: "finished in 2.00s, 34721.50 req/s, 40.10MB/s\n" +
				"requests: 69443 total, 69543 started, 69443 done, 69443 succeeded, 0 failed, 0 errored, 0 timeout\n",
			want: load.Result{Requests: 69443, Elapsed: 2 * time.Second},
		},
		{
			name: "failures",
			out:  "requests: 10 total, 10 started, 10 done, 7 succeeded, 3 failed, 3 errored, 0 timeout\n",
			want: load.Result{Requests: 7, Errors: 3, FirstError: "requests that h2load counts as failed", Elapsed: 2 * time.Second},
		},
		{name: "no count", out: "h2load: unknown option", wantErr: "h2load printed no count of requests"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := h2loadResult([]byte(test.out), 2*time.Second, 3*time.Second)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Errorf("err = %v, want one with %q", err, test.wantErr)
				}
				return
			}
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

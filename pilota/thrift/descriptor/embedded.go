package descriptor

import "sync"

// Embedded is what generated code carries: files as [Append] encodes them,
// decoded once, when somebody first asks. It may be used concurrently.
type Embedded struct {
	Data string

	once  sync.Once
	files []*File
}

// Files returns the files, includes before the files that include them. It
// panics if Data is not what Append made; generated data is.
func (e *Embedded) Files() []*File {
	e.once.Do(func() {
		files, err := Parse([]byte(e.Data))
		if err != nil {
			panic(err)
		}
		e.files = files
	})
	return e.files
}

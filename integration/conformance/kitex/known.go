package kitex

// A difference is a case that is known to fail, and why that is so.
type difference struct {
	run  string // its name
	name string // of the case
	why  string
}

var differences = []difference{
	{
		run:  "Kitex's client, our server, unframed",
		name: "binary generic, with fields that the server does not know",
		why:  "Kitex's binary generic client takes the length of an answer from its frame, and reads nothing of one without",
	},
}

// knownToFail returns why a case of a run fails; ok is false if it need not.
func knownToFail(run, name string) (why string, ok bool) {
	for _, d := range differences {
		if d.name == name && d.run == run {
			return d.why, true
		}
	}
	return "", false
}

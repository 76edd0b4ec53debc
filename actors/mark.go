package actors

// A Mark is a rare branch that says when it is reached, because nothing else would
// tell whether a rehearsal ever came there. Each package with such branches lists
// their marks.
type Mark struct {
	// Name is that of the package and some lower-case words: "journal/tail-repaired".
	Name string
	// Meaning says in one sentence what has happened.
	Meaning string
}

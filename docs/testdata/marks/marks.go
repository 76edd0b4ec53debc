// Package marks is what a package must not do with its marks.
package marks

const (
	markOnce  = "marks/once"
	markTwice = "marks/twice"
	markIdle  = "marks/idle"
)

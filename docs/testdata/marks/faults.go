package marks

type context struct{}

func (context) Mark(string) {}

func reach(ctx context) {
	ctx.Mark(markOnce)
	ctx.Mark(markTwice)
	ctx.Mark(markTwice)
	ctx.Mark("marks/unlisted")
}

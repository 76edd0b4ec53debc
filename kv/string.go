package kv

import (
	"fmt"
	"strconv"
	"strings"
)

var kindNames = [...]string{
	Get: "get", Exists: "exists", Length: "length", Size: "size", Scan: "scan",
	Put: "put", Delete: "delete", Add: "add", Append: "append",
	Range: "range", Overwrite: "overwrite",
}

var conditionNames = [...]string{
	Always: "always", IfAbsent: "if-absent", IfPresent: "if-present",
	IfValue: "if-value", IfVersion: "if-version",
}

var codeNames = [...]string{
	OK: "ok", Absent: "absent", Mismatch: "mismatch", NotANumber: "not-a-number",
	Overflow: "overflow", TooLarge: "too-large", OnlyRanges: "only-ranges",
}

var verdictNames = [...]string{
	Applied: "applied", Invalid: "invalid", SessionExpired: "session-expired",
	StaleSerial: "stale-serial", Forgotten: "forgotten", WindowFull: "window-full",
	Crowded: "crowded", Early: "early",
}

// String names k in lower case.
func (k Kind) String() string { return name(kindNames[:], uint8(k)) }

// String names c in lower case.
func (c Condition) String() string { return name(conditionNames[:], uint8(c)) }

// String names c in lower case.
func (c Code) String() string { return name(codeNames[:], uint8(c)) }

// String names v in lower case.
func (v Verdict) String() string { return name(verdictNames[:], uint8(v)) }

func name(names []string, i uint8) string {
	if int(i) >= len(names) || names[i] == "" {
		return strconv.Itoa(int(i))
	}
	return names[i]
}

// String prints o in one line, with long keys and values cut.
func (o Op) String() string {
	var b strings.Builder
	b.WriteString(o.Kind.String())
	if o.Kind != Size {
		b.WriteString(" " + cut(o.Key))
	}
	switch o.Kind {
	case Put, Append:
		b.WriteString(" " + cut(o.Value))
	case Range:
		fmt.Fprintf(&b, " [%d:%d]", o.Offset, o.Until)
	case Overwrite:
		fmt.Fprintf(&b, " [%d:] %s", o.Offset, cut(o.Value))
	case Add:
		fmt.Fprintf(&b, " %+d", o.Delta)
	case Scan:
		o.stringScan(&b)
	}
	o.stringCondition(&b)
	return b.String()
}

func (o Op) stringScan(b *strings.Builder) {
	if len(o.End) > 0 {
		b.WriteString(" end=" + cut(o.End))
	}
	if len(o.Match) > 0 {
		b.WriteString(" match=" + cut(o.Match))
	}
	if o.Limit > 0 {
		fmt.Fprintf(b, " limit=%d", o.Limit)
	}
	if o.WithValues {
		b.WriteString(" values")
	}
}

func (o Op) stringCondition(b *strings.Builder) {
	switch o.If {
	case Always:
	case IfValue:
		b.WriteString(" if-value=" + cut(o.Expected))
	case IfVersion:
		fmt.Fprintf(b, " if-version=%d", o.Version)
	default:
		b.WriteString(" " + o.If.String())
	}
	if o.Long {
		b.WriteString(" long")
	}
	if o.ReturnOld {
		b.WriteString(" old")
	}
}

// String prints s in one line, or nothing if it is zero.
func (s Session) String() string {
	if s == (Session{}) {
		return ""
	}
	return fmt.Sprintf("%x@%d#%d>%d", s.ID, s.Born, s.Serial, s.Acked)
}

// String prints c in one line: its session as ID@Born#Serial>Acked, then its
// operations, of a long batch the first few.
func (c Command) String() string {
	const shown = 4
	parts := make([]string, 0, shown+1)
	for i := range min(len(c.Ops), shown) {
		parts = append(parts, c.Ops[i].String())
	}
	if len(c.Ops) > shown {
		parts = append(parts, fmt.Sprintf("and %d more", len(c.Ops)-shown))
	}
	return strings.TrimSpace(c.Session.String() + " " + strings.Join(parts, "; "))
}

// String prints r in one line.
func (r Result) String() string {
	var b strings.Builder
	b.WriteString(r.Code.String())
	if r.Value != nil {
		b.WriteString(" " + cut(r.Value))
	}
	if r.Number != 0 {
		fmt.Fprintf(&b, " %d", r.Number)
	}
	if r.Keys != nil {
		fmt.Fprintf(&b, " %d keys", len(r.Keys))
	}
	if r.Next != nil {
		b.WriteString(" next=" + cut(r.Next))
	}
	if r.Version != 0 {
		fmt.Fprintf(&b, " v%d", r.Version)
	}
	return b.String()
}

// String prints r in one line.
func (r Reply) String() string {
	const shown = 4
	parts := []string{r.Verdict.String()}
	for i := range min(len(r.Results), shown) {
		parts = append(parts, r.Results[i].String())
	}
	if len(r.Results) > shown {
		parts = append(parts, fmt.Sprintf("and %d more", len(r.Results)-shown))
	}
	return strings.Join(parts, "; ")
}

// cut quotes b, of a long one the beginning and its length.
func cut(b []byte) string {
	const shown = 24
	if len(b) <= shown {
		return strconv.Quote(string(b))
	}
	return fmt.Sprintf("%q…(%d)", b[:shown], len(b))
}

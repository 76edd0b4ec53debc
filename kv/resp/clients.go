package resp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// describe changes what a client says about itself.
func (c *conn) describe(change func(*about)) {
	c.about.Lock()
	defer c.about.Unlock()
	change(&c.about)
}

// nameProblem returns why a client cannot be called so.
func nameProblem(name []byte) string {
	if !printableWord(name) {
		return "ERR Client names cannot contain spaces, newlines or special characters."
	}
	return ""
}

// printableWord reports whether a text can stand in a line of CLIENT LIST.
func printableWord(text []byte) bool {
	for _, c := range text {
		if c < '!' || c > '~' {
			return false
		}
	}
	return len(text) <= MaxNameBytes
}

// CLIENT ID
func clientID(r *request) { r.out.integer(int64(r.conn.id)) }

// CLIENT SETNAME name
func clientSetName(r *request) {
	if problem := nameProblem(r.args[2]); problem != "" {
		r.fail(problem)
		return
	}
	name := string(r.args[2])
	r.conn.describe(func(a *about) { a.name = name })
	r.out.ok()
}

// CLIENT GETNAME
func clientGetName(r *request) {
	r.conn.about.Lock()
	name := r.conn.about.name
	r.conn.about.Unlock()
	if name == "" {
		r.out.null()
		return
	}
	r.out.text(name)
}

// CLIENT SETINFO LIB-NAME|LIB-VER value
func clientSetInfo(r *request) {
	option, value := r.args[2], string(r.args[3])
	library := equal(option, "lib-name")
	switch {
	case !library && !equal(option, "lib-ver"):
		r.fail("ERR Unrecognized option '" + cut(option) + "'")
	case !printableWord(r.args[3]):
		r.fail("ERR " + strings.ToLower(string(option)) + " cannot contain spaces, newlines or special characters.")
	default:
		r.conn.describe(func(a *about) {
			if library {
				a.library = value
			} else {
				a.version = value
			}
		})
		r.out.ok()
	}
}

// CLIENT INFO
func clientInfo(r *request) { r.out.page(r.conn.describeLine(time.Now())) }

// CLIENT LIST [TYPE type] [ID id [id ...]]
func clientList(r *request) {
	keep := func(*conn) bool { return true }
	switch options := r.args[2:]; {
	case len(options) == 0:
	case equal(options[0], "type") && len(options) == 2:
		normal := equal(options[1], "normal")
		keep = func(*conn) bool { return normal }
	case equal(options[0], "id") && len(options) > 1:
		ids := map[uint64]bool{}
		for _, arg := range options[1:] {
			id, ok := parseInt(arg)
			if !ok || id < 1 {
				r.fail("ERR Invalid client ID")
				return
			}
			ids[uint64(id)] = true
		}
		keep = func(c *conn) bool { return ids[c.id] }
	default:
		r.fail(syntaxError)
		return
	}
	r.out.page(r.conn.server.list(keep))
}

// list describes connections, a line each, the oldest first.
func (s *Server) list(keep func(*conn) bool) string {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		if keep(c) {
			conns = append(conns, c)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(conns, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	var b strings.Builder
	now := time.Now()
	for _, c := range conns {
		b.WriteString(c.describeLine(now))
	}
	return b.String()
}

// describeLine is a line of CLIENT LIST.
func (c *conn) describeLine(now time.Time) string {
	c.about.Lock()
	name, library, version, resp3 := c.about.name, c.about.library, c.about.version, c.about.resp3
	c.about.Unlock()
	protocol := 2
	if resp3 {
		protocol = 3
	}
	current := "NULL"
	if spec := c.current.Load(); spec != nil {
		current = spec.fullName()
	}
	idle := now.Sub(time.Unix(0, c.active.Load()))
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=-1 name=%s age=%d idle=%d flags=N db=0 sub=0 psub=0 ssub=0 "+
		"multi=-1 watch=0 cmd=%s user=default redir=-1 resp=%d lib-name=%s lib-ver=%s\n",
		c.id, c.socket.RemoteAddr(), c.socket.LocalAddr(), name,
		int64(now.Sub(c.began).Seconds()), max(0, int64(idle.Seconds())), current, protocol, library, version)
}

// CLIENT REPLY ON|OFF|SKIP
func clientReply(r *request) {
	switch m := &r.conn.mode; {
	case equal(r.args[2], "on"):
		m.silent, m.skip = false, 0
		r.out.ok()
	case equal(r.args[2], "off"):
		m.silent = true
	case equal(r.args[2], "skip"):
		m.skip = 2 // this command and the next
	default:
		r.fail(syntaxError)
	}
}

// CLIENT NO-EVICT ON|OFF, CLIENT NO-TOUCH ON|OFF: nothing here is evicted.
func clientSwitch(r *request) {
	if !equal(r.args[2], "on") && !equal(r.args[2], "off") {
		r.fail(syntaxError)
		return
	}
	r.out.ok()
}

// CLIENT CAPA capability [capability ...]
func clientCapa(r *request) {
	for _, capability := range r.args[2:] {
		if equal(capability, "redirect") {
			r.conn.mode.aware = true
		}
	}
	r.out.ok()
}

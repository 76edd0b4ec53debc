package resp

import "strings"

// COMMAND
func commandRoot(r *request) {
	if len(r.args) > 1 {
		subcommand(r)
		return
	}
	commandAll(r)
}

func commandAll(r *request) {
	r.out.array(len(table))
	for _, c := range table {
		r.row(c)
	}
}

// COMMAND COUNT
func commandCount(r *request) { r.out.integer(int64(len(table))) }

// COMMAND LIST
func commandList(r *request) {
	r.out.array(len(table))
	for _, c := range table {
		r.out.text(c.name)
	}
}

// COMMAND INFO [name ...]
func commandInfo(r *request) {
	if len(r.args) == 2 {
		commandAll(r)
		return
	}
	r.out.array(len(r.args) - 2)
	for _, name := range r.args[2:] {
		if c := named(name); c != nil {
			r.row(c)
		} else {
			r.out.null()
		}
	}
}

// COMMAND DOCS [name ...]
func commandDocs(r *request) {
	list := table
	if len(r.args) > 2 {
		list = nil
		for _, name := range r.args[2:] {
			if c := named(name); c != nil {
				list = append(list, c)
			}
		}
	}
	r.docs(list)
}

// COMMAND GETKEYS command [arg ...]
func commandGetKeys(r *request) {
	args := r.args[2:]
	c := find(args)
	switch {
	case c == nil:
		r.fail("ERR Invalid command specified")
		return
	case !c.takes(len(args)):
		r.fail("ERR Invalid number of arguments specified for command")
		return
	case c.first == 0:
		r.fail("ERR The command has no key arguments")
		return
	}
	var keys [][]byte
	first, last := c.keys(len(args))
	for i := first; i <= last; i += c.step {
		keys = append(keys, args[i])
	}
	r.out.array(len(keys))
	for _, key := range keys {
		r.out.bulk(key)
	}
}

// named returns the command, or container|subcommand, of that name, or nil.
func named(name []byte) *command {
	if len(name) > 2*maxCommandName {
		return nil
	}
	return byName[strings.ToLower(string(name))]
}

// row writes what COMMAND INFO tells about a command.
func (r *request) row(c *command) {
	w := &r.out
	w.array(10)
	w.text(c.fullName())
	w.integer(int64(c.arity))
	r.names(c.flags.names())
	w.integer(int64(c.first))
	w.integer(int64(c.last))
	w.integer(int64(c.step))
	r.names(c.categories())
	w.array(0) // tips
	r.keySpecs(c)
	w.array(len(c.subs))
	for _, sub := range c.subs {
		r.row(sub)
	}
}

func (r *request) names(names []string) {
	r.out.set(len(names))
	for _, name := range names {
		r.out.status(name)
	}
}

// categories are the ACL categories of a command.
func (c *command) categories() []string {
	list := []string{"@" + c.group}
	if c.flags&write != 0 {
		list = append(list, "@write")
	}
	if c.flags&readonly != 0 {
		list = append(list, "@read")
	}
	if c.flags&fast != 0 {
		list = append(list, "@fast")
	} else {
		list = append(list, "@slow")
	}
	return list
}

// keySpecs writes where the keys are, in the notation of Redis 7.
func (r *request) keySpecs(c *command) {
	w := &r.out
	if c.first == 0 {
		w.array(0)
		return
	}
	access := "RO"
	if c.flags&write != 0 {
		access = "RW"
	}
	last := c.last
	if last > 0 {
		last -= c.first // counted from the first key
	}
	w.array(1)
	w.dictionary(3)
	w.text("flags")
	r.names([]string{access})
	w.text("begin_search")
	r.keySpec("index", []string{"index"}, []int{c.first})
	w.text("find_keys")
	r.keySpec("range", []string{"lastkey", "keystep", "limit"}, []int{last, c.step, 0})
}

func (r *request) keySpec(kind string, names []string, values []int) {
	w := &r.out
	w.dictionary(2)
	w.text("type")
	w.text(kind)
	w.text("spec")
	w.dictionary(len(names))
	for i, name := range names {
		w.text(name)
		w.integer(int64(values[i]))
	}
}

// docs writes what COMMAND DOCS tells about commands.
func (r *request) docs(list []*command) {
	w := &r.out
	w.dictionary(len(list))
	for _, c := range list {
		w.text(c.fullName())
		fields := 2
		if c.usage != "" {
			fields++
		}
		if len(c.subs) > 0 {
			fields++
		}
		w.dictionary(fields)
		w.text("summary")
		w.text(c.summary)
		w.text("group")
		w.text(c.group)
		if c.usage != "" {
			r.usage(c)
		}
		if len(c.subs) > 0 {
			w.text("subcommands")
			r.docs(c.subs)
		}
	}
}

// usage writes the arguments as if they were one, which redis-cli shows as it is.
func (r *request) usage(c *command) {
	w := &r.out
	w.text("arguments")
	w.array(1)
	w.dictionary(3)
	w.text("name")
	w.text(c.usage)
	w.text("type")
	w.text("string")
	w.text("display_text")
	w.text(c.usage)
}

package resp

// redisVersion is the version of Redis whose commands and replies are spoken here,
// as far as there are such commands.
const redisVersion = "7.2.0"

// PING [message]
func ping(r *request) {
	switch len(r.args) {
	case 1:
		r.out.status("PONG")
	case 2:
		r.out.bulk(r.args[1])
	default:
		r.fail("ERR wrong number of arguments for 'ping' command")
	}
}

// ECHO message
func echo(r *request) { r.out.bulk(r.args[1]) }

// QUIT
func quit(r *request) {
	r.out.ok()
	r.last = true
}

// RESET
func reset(r *request) {
	c := r.conn
	c.mode = mode{}
	c.describe(func(a *about) { a.name, a.resp3 = "", false })
	r.out.resp3 = false
	r.out.status("RESET")
}

// SELECT index
func selectDB(r *request) {
	switch n, ok := parseInt(r.args[1]); {
	case !ok:
		r.fail(notAnInteger)
	case n != 0:
		r.fail("ERR SELECT is not allowed in cluster mode")
	default:
		r.out.ok()
	}
}

const noPassword = "ERR AUTH <password> called without any password configured for the default user. " +
	"Are you sure your configuration is correct?"

// AUTH [username] password
func auth(r *request) { r.fail(noPassword) }

// HELLO [protover [AUTH username password] [SETNAME clientname]]
func hello(r *request) {
	version, problem := r.helloVersion()
	name, named := []byte(nil), false
	for rest := r.args[min(2, len(r.args)):]; len(rest) > 0 && problem == ""; {
		switch {
		case equal(rest[0], "auth") && len(rest) > 2:
			problem = noPassword
		case equal(rest[0], "setname") && len(rest) > 1:
			name, named, rest = rest[1], true, rest[2:]
			problem = nameProblem(name)
		default:
			problem = "ERR Syntax error in HELLO option '" + cut(rest[0]) + "'"
		}
	}
	if problem != "" {
		r.fail(problem)
		return
	}
	r.conn.mode.resp3, r.out.resp3 = version == 3, version == 3
	r.conn.describe(func(a *about) {
		a.resp3 = version == 3
		if named {
			a.name = string(name)
		}
	})
	r.greet(version)
}

// helloVersion returns the version of the protocol that HELLO asks for: that which
// is spoken already if it asks for none.
func (r *request) helloVersion() (version int64, problem string) {
	version = 2
	if r.out.resp3 {
		version = 3
	}
	if len(r.args) == 1 {
		return version, ""
	}
	asked, ok := parseInt(r.args[1])
	switch {
	case !ok:
		return version, "ERR Protocol version is not an integer or out of range"
	case asked != 2 && asked != 3:
		return version, "NOPROTO unsupported protocol version"
	}
	return asked, ""
}

func (r *request) greet(version int64) {
	w := &r.out
	w.dictionary(7)
	w.text("server")
	w.text("redis")
	w.text("version")
	w.text(redisVersion)
	w.text("proto")
	w.integer(version)
	w.text("id")
	w.integer(int64(r.conn.id))
	w.text("mode")
	w.text("cluster")
	w.text("role")
	w.text("master")
	w.text("modules")
	w.array(0)
}

// READONLY: reads may go to replicas. Here any node answers, so nothing is sent
// elsewhere.
func readOnly(r *request) {
	r.conn.mode.readonly = true
	r.out.ok()
}

// READWRITE
func readWrite(r *request) {
	r.conn.mode.readonly = false
	r.out.ok()
}

// ASKING: the next command is meant for this node.
func asking(r *request) {
	r.conn.mode.asking = true
	r.out.ok()
}

// WAIT numreplicas timeout
//
// What was answered before is on a majority of its replicas, so there is nothing to
// wait for.
func wait(r *request) {
	_, okCount := parseInt(r.args[1])
	timeout, okTimeout := parseInt(r.args[2])
	switch {
	case !okCount:
		r.fail(notAnInteger)
	case !okTimeout:
		r.fail("ERR timeout is not an integer or out of range")
	case timeout < 0:
		r.fail("ERR timeout is negative")
	default:
		r.out.integer(int64(r.conn.replicasWritten()))
	}
}

// replicasWritten is on how many replicas beside the leader every write is that has
// been acknowledged.
func (c *conn) replicasWritten() int {
	owners := c.server.config.Store.Map().Owners
	if len(owners) == 0 {
		return 0
	}
	least := len(owners[0])
	for _, o := range owners {
		least = min(least, len(o))
	}
	return least / 2
}

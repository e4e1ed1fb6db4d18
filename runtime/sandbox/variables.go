package sandbox

// The compiler does different things with a local, with a local of a function around, and with a global. So the walk
// knows what each name stands for where it is used.

// variable is one local.
type variable struct {
	name  string
	block *block
	under *variable // of the same name, hidden meanwhile

	unborn  bool // a name that is not in scope yet: its value is being read
	missing bool // the name was used meanwhile
	used    bool
}

// block is where locals live.
type block struct {
	outer *block
	fn    *function
	vars  []*variable

	loop     bool // the body of one, which break leaves
	captured bool // a closure keeps a local of this block
	left     bool // a break inside leaves the loop around this block
	leaks    bool // of a loop: a block that a break leaves has captured locals
}

// function is one function of the chunk, or the chunk.
type function struct {
	constants map[string]int // by their place
}

// resolver is the names that are visible where the walk is.
type resolver struct {
	block   *block
	visible map[string]*variable
}

func (s *resolver) enter(fn *function, loop bool) {
	s.block = &block{outer: s.block, fn: fn, loop: loop}
}

// leave gives the block that ends here.
func (s *resolver) leave() *block {
	b := s.block
	for len(b.vars) > 0 {
		s.forget()
	}
	if b.left && b.captured {
		b.around().leaks = true
	}
	s.block = b.outer
	return b
}

func (s *resolver) declare(name string) *variable {
	v := &variable{name: name, block: s.block, under: s.visible[name]}
	s.visible[name] = v
	s.block.vars = append(s.block.vars, v)
	return v
}

// forget takes back the last declaration.
func (s *resolver) forget() {
	last := len(s.block.vars) - 1
	v := s.block.vars[last]
	s.block.vars = s.block.vars[:last]
	if v.under == nil {
		delete(s.visible, v.name)
	} else {
		s.visible[v.name] = v.under
	}
}

// use notes that name is read or assigned.
func (s *resolver) use(name string) {
	v := s.visible[name]
	for v != nil && v.unborn {
		v.missing = true
		v = v.under
	}
	if v == nil {
		return
	}
	v.used = true
	if v.block.fn != s.block.fn {
		v.block.captured = true
	}
}

// isLocal says whether name is a local of the function that is walked.
func (s *resolver) isLocal(name string) bool {
	v := s.visible[name]
	for v != nil && v.unborn {
		v = v.under
	}
	return v != nil && v.block.fn == s.block.fn
}

// leaveLoop notes a break.
func (s *resolver) leaveLoop() {
	for b := s.block; b != nil && b.fn == s.block.fn && !b.loop && !b.left; b = b.outer {
		b.left = true
	}
}

// around gives the loop around a block that a break leaves; the block itself if there is none, which the compiler
// refuses.
func (b *block) around() *block {
	for at := b.outer; at != nil && at.fn == b.fn; at = at.outer {
		if at.loop {
			return at
		}
	}
	return b
}

package archive

// OnStep has f called at each moment at which the process may be killed.
func (a *Archive) OnStep(f func(what string)) { a.step = f }

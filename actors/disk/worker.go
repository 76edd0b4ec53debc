package disk

import "sync"

// A worker carries out jobs one after the other, in a goroutine of its own.
type worker struct {
	mu     sync.Mutex
	wake   sync.Cond
	jobs   []func()
	ending bool
	ended  chan struct{}
	inline bool // it has no goroutine: a job is done by whoever asks for it
}

func newWorker() *worker {
	w := &worker{ended: make(chan struct{})}
	w.wake.L = &w.mu
	go w.run()
	return w
}

// newInlineWorker returns a worker without a goroutine. It is used by one goroutine, and
// not closed.
func newInlineWorker() *worker { return &worker{inline: true} }

// do queues a job and reports whether it will be done.
func (w *worker) do(job func()) bool {
	if w.inline {
		job()
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending {
		return false
	}
	w.jobs = append(w.jobs, job)
	w.wake.Signal()
	return true
}

// close ends the worker after the jobs that it has, the last of them this one.
func (w *worker) close(last func()) {
	w.mu.Lock()
	w.ending = true
	w.jobs = append(w.jobs, last)
	w.wake.Signal()
	w.mu.Unlock()
	<-w.ended
}

func (w *worker) run() {
	defer close(w.ended)
	for {
		jobs := w.take()
		if len(jobs) == 0 {
			return
		}
		for i, job := range jobs {
			jobs[i] = nil // the data in it is not ours to keep
			job()
		}
	}
}

// take waits for jobs and returns all there are; none after the last.
func (w *worker) take() []func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.jobs) == 0 && !w.ending {
		w.wake.Wait()
	}
	jobs := w.jobs
	w.jobs = nil
	return jobs
}

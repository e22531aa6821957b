package port

import (
	"errors"
	"io"
	"os"
	"time"

	"ionbench/simulator/prompt"
)

// waiter reads and writes a serial port, and waits for it as Go waits for sockets. The driver's Read keeps a thread
// in select, and what that thread should have done meanwhile waits until the scheduler looks after it: a proxy between
// two PTYs took four times as long for a piece, on one processor.
type waiter struct {
	file *os.File
	io.ReadWriter
}

// newWaiter returns nil where the file of w cannot be waited for in this way.
func newWaiter(w io.WriteCloser) io.ReadWriter {
	file, ok := w.(*os.File)
	if !ok {
		return nil
	}
	r := &waiter{file: file, ReadWriter: file}
	if r.renew() != nil {
		return nil
	}
	r.ReadWriter = prompt.File(file) // which can be waited for, and so does not block
	return r
}

// renew sets the next deadline. Setting it for every Read would cost more than the Read.
func (r *waiter) renew() error {
	return r.file.SetReadDeadline(time.Now().Add(readSlice))
}

// Read returns 0 and no error now and then. An error, io.EOF too, says only that nothing could be read.
func (r *waiter) Read(p []byte) (int, error) {
	n, err := r.ReadWriter.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, r.renew()
	}
	return n, err
}

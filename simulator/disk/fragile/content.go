package fragile

import "maps"

const pageBytes = 4096

// content is the bytes of a file. Pages of zeros need not be there, and no page that is there
// is ever changed, so that a copy is cheap.
type content struct {
	size  int64
	pages map[int64]*[pageBytes]byte
}

func (c *content) clone() content { return content{c.size, maps.Clone(c.pages)} }

// change is a write, or a new size.
type change struct {
	at  int64
	p   []byte
	cut bool // at is the new size
}

func (c *content) apply(w change) {
	if w.cut {
		c.truncate(w.at)
		return
	}
	for p, at := w.p, w.at; len(p) > 0; {
		number, from := at/pageBytes, at%pageBytes
		page := new([pageBytes]byte)
		if old := c.pages[number]; old != nil {
			*page = *old
		}
		n := copy(page[from:], p)
		if c.pages == nil {
			c.pages = map[int64]*[pageBytes]byte{}
		}
		c.pages[number] = page
		p, at = p[n:], at+int64(n)
	}
	c.size = max(c.size, w.at+int64(len(w.p)))
}

func (c *content) truncate(size int64) {
	if size < c.size {
		for number, page := range c.pages {
			switch begin := number * pageBytes; {
			case begin >= size:
				delete(c.pages, number)
			case begin+pageBytes > size:
				cut := *page
				clear(cut[size-begin:])
				c.pages[number] = &cut
			}
		}
	}
	c.size = size
}

// readAt copies what is there into p and returns how much that is.
func (c *content) readAt(p []byte, at int64) int {
	if at >= c.size {
		return 0
	}
	p = p[:min(int64(len(p)), c.size-at)]
	for done := 0; done < len(p); {
		number, from := (at+int64(done))/pageBytes, (at+int64(done))%pageBytes
		part := p[done:min(len(p), done+int(pageBytes-from))]
		if page := c.pages[number]; page != nil {
			copy(part, page[from:])
		} else {
			clear(part)
		}
		done += len(part)
	}
	return len(p)
}

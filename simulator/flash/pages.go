package flash

import (
	"ionbench/simulator/machine"
)

// page is the unit that chips share. Only the chip whose token it holds may write to it; all
// others only read it.
type page struct {
	owner  *token
	digest machine.Digest // of data
	data   []byte
}

// token is the right to write pages. A chip drops its token when it is cloned, because then
// both sides see its pages. It is not empty, so that no two tokens have the same address.
type token struct{ _ byte }

// spareOwned keeps the memory of unused pages that no other chip shares.
func (c *Chip) spareOwned(first, end int) {
	if c.owner == nil {
		return
	}
	for _, pg := range c.pages[min(first, len(c.pages)):min(end, len(c.pages))] {
		if pg != nil && pg.owner == c.owner {
			c.spare = append(c.spare, pg)
		}
	}
}

// rest returns the stored bytes from address to the end of its page.
func (c *Chip) rest(address uint32) []byte {
	page, offset := int(address)/c.pageBytes, int(address)%c.pageBytes
	return c.view(page)[offset:]
}

// view returns the content of a page, which must not be written to.
func (c *Chip) view(page int) []byte {
	if p := c.held(page); p != nil {
		return p.data
	}
	return c.blank
}

// held returns a page, or nil if it is erased.
func (c *Chip) held(page int) *page {
	if page < len(c.pages) {
		return c.pages[page]
	}
	return nil
}

// hold puts a page in its place.
func (c *Chip) hold(index int, pg *page) {
	for len(c.pages) <= index {
		c.pages = append(c.pages, nil)
	}
	c.pages[index] = pg
}

// pageCount is how many pages the chip has.
func (c *Chip) pageCount() int { return c.geometry.Bytes() / c.pageBytes }

func (c *Chip) pagesOf(sector int) (first, end int) {
	n := c.geometry.SectorBytes / c.pageBytes
	return sector * n, (sector + 1) * n
}

// put stores p, which crosses at most one page border, as the content of the cells. It can also
// set bits: the caller makes sure that only 0s are programmed.
func (c *Chip) put(address uint32, p []byte) {
	for len(p) > 0 {
		page, offset := int(address)/c.pageBytes, int(address)%c.pageBytes
		n := min(c.pageBytes-offset, len(p))
		c.putPage(page, offset, p[:n])
		p = p[n:]
		address += uint32(n)
	}
}

func (c *Chip) putPage(index, offset int, p []byte) {
	pg := c.held(index)
	if pg == nil || pg.owner != c.owner || c.owner == nil {
		// Comparing is cheaper than a copy. It keeps equal pages shared and erased pages nil.
		if string(c.view(index)[offset:offset+len(p)]) == string(p) {
			return
		}
		pg = c.own(index)
	}
	copy(pg.data[offset:], p)
	pg.digest.Forget()
	c.soil(index)
}

// own makes a page writable by this chip.
func (c *Chip) own(index int) *page {
	if c.owner == nil {
		c.owner = new(token)
	}
	pg := c.newPage()
	pg.owner = c.owner
	pg.digest.Forget()
	pg.data = append(pg.data[:0], c.view(index)...)
	c.hold(index, pg)
	return pg
}

func (c *Chip) newPage() *page {
	n := len(c.spare)
	if n == 0 {
		return &page{data: make([]byte, 0, c.pageBytes)}
	}
	pg := c.spare[n-1]
	c.spare = c.spare[:n-1]
	return pg
}

// soil marks a page as changed.
func (c *Chip) soil(page int) {
	c.dirty[page/64] |= 1 << (page % 64)
	if end := c.summed.address + c.summed.bytes; page >= int(c.summed.address)/c.pageBytes && page*c.pageBytes < int(end) {
		c.summed = summed{}
	}
}

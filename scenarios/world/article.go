package world

import (
	"time"

	"ionbench/simulator/ion"
)

// ArticleStart is when the article's log begins, in the time of its PC.
func ArticleStart() time.Time { return time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC) }

// ArticleDated is when the article's firmware was built.
func ArticleDated() time.Time { return time.Date(2007, time.August, 22, 13, 24, 58, 0, time.UTC) }

// ArticleImageBytes is the size of an image that fits the article's log: 460 blocks, of which
// 438 are 95.2 %.
const ArticleImageBytes = 460 * ion.BlockBytes

package page

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// sheet is a page that is drawn from top to bottom. Without an image it only measures the height.
type sheet struct {
	image *image.RGBA // nil: nothing is drawn
	y     int         // where drawing continues
	fonts fonts
}

// fonts are the fonts of a sheet.
type fonts struct {
	title, head, text, small font.Face
}

func newFonts() (fonts, error) {
	var f fonts
	for _, want := range []struct {
		face *font.Face
		ttf  []byte
		size float64
	}{
		{&f.title, gobold.TTF, 28}, {&f.head, gobold.TTF, 18}, {&f.text, goregular.TTF, 15}, {&f.small, goregular.TTF, 13},
	} {
		parsed, err := opentype.Parse(want.ttf)
		if err != nil {
			return f, err
		}
		if *want.face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: want.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (s *sheet) fill(x, y, width, height int, c color.Color) {
	if s.image != nil {
		draw.Draw(s.image, image.Rect(x, y, x+width, y+height), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

func (s *sheet) frame(x, y, width, height int, c color.Color) {
	s.fill(x, y, width, 1, c)
	s.fill(x, y+height-1, width, 1, c)
	s.fill(x, y, 1, height, c)
	s.fill(x+width-1, y, 1, height, c)
}

// hatch draws a rectangle that marks missing points.
func (s *sheet) hatch(x, y, width, height int) {
	s.fill(x, y, width, height, rgb(missingTone.light))
	if s.image == nil {
		return
	}
	line := rgb(hatchColour)
	for dy := range height {
		for dx := range width {
			if (x+dx+y+dy)%6 == 0 {
				s.image.SetRGBA(x+dx, y+dy, line)
			}
		}
	}
}

// write draws text with its baseline at y, and returns its width.
func (s *sheet) write(face font.Face, x, y int, text string, c color.Color) int {
	width := textWidth(face, text)
	if s.image != nil {
		d := font.Drawer{Dst: s.image, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
		d.DrawString(text)
	}
	return width
}

func textWidth(face font.Face, text string) int { return font.MeasureString(face, text).Ceil() }

// fitted is as much of a text as fits into room, with … if it is cut.
func fitted(face font.Face, text string, room int) string {
	if textWidth(face, text) <= room {
		return text
	}
	runes := []rune(text)
	for n := len(runes) - 1; n > 0; n-- {
		if short := string(runes[:n]) + "…"; textWidth(face, short) <= room {
			return short
		}
	}
	return ""
}

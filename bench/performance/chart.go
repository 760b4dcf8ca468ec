package performance

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const chartWidth = 760

// The colours of a plot on a light page, and what takes their places on a dark one. A plot has paper of its own, because what
// shows it may follow the scheme of the system where the page around it doesn't.
var (
	paper = rgb(0xFFFFFF)
	ink   = rgb(0x24292F)
	grid  = rgb(0xD8DEE4)
	hues  = []color.Color{rgb(0x0969DA), rgb(0xBC4C00), rgb(0x1A7F37), rgb(0x8250DF)}
	dark  = map[color.Color]color.Color{
		paper: rgb(0x0D1117), ink: rgb(0xE6EDF3), grid: rgb(0x30363D),
		hues[0]: rgb(0x58A6FF), hues[1]: rgb(0xF0883E), hues[2]: rgb(0x3FB950), hues[3]: rgb(0xBC8CFF),
	}
	inOrder = append([]color.Color{paper, ink, grid}, hues...)
)

func rgb(hex uint32) color.Color {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF} //nolint:gosec // bytes of a number
}

// hex is a colour as the SVG writes it.
func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02X%02X%02X", r>>8, g>>8, b>>8)
}

// series is one line or one kind of bar.
type series struct {
	name   string
	points plotter.XYs
}

// drawing is a plot, and how high it is in pixels.
type drawing struct {
	*plot.Plot
	height float64
}

// newPlot is a plot with the look that all have.
func newPlot(x, y string) *drawing {
	p := &drawing{plot.New(), 280}
	p.BackgroundColor = paper
	p.Legend.Top, p.Legend.TextStyle.Color, p.Legend.Padding = true, ink, vg.Points(3)
	p.Legend.TextStyle.Font.Variant, p.Legend.TextStyle.Font.Size = "Sans", 10
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color, axis.Label.TextStyle.Color, axis.Tick.Label.Color = ink, ink, ink, ink
		axis.Label.TextStyle.Font.Variant, axis.Label.TextStyle.Font.Size = "Sans", 10
		axis.Tick.Label.Font.Variant, axis.Tick.Label.Font.Size = "Sans", 10
		axis.Tick.Length, axis.Tick.Width, axis.Width = vg.Points(4), vg.Points(0.5), vg.Points(0.5)
	}
	rules := plotter.NewGrid()
	rules.Vertical.Color, rules.Horizontal.Color = grid, grid
	p.Add(rules)
	return p
}

// lines adds a line for each series, with its name in the legend.
func lines(p *drawing, list []series, look func(*plotter.Line)) error {
	for i, s := range list {
		line, err := plotter.NewLine(s.points)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		line.Color, line.Width = hues[i%len(hues)], vg.Points(1.5)
		if i >= len(hues) { // a colour comes again, with dashes
			line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		}
		if look != nil {
			look(line)
		}
		p.Add(line)
		p.Legend.Add(s.name, line)
	}
	return nil
}

// bar is a group of lying bars, one of each kind.
type bar struct {
	name   string
	values []float64
}

// bars are groups of lying bars, the first at the top, with their figures beside them.
func bars(x string, kinds []string, groups []bar) (*drawing, error) {
	p := newPlot(x, "")
	const width = 11
	p.height = 60 + float64((len(groups)+len(kinds)/2)*(len(kinds)*width+12))
	most := 0.0
	for k, kind := range kinds {
		values, ends, texts := make(plotter.Values, len(groups)), make(plotter.XYs, len(groups)), make([]string, len(groups))
		offset := vg.Points((float64(len(kinds)-1)/2 - float64(k)) * width)
		for i, g := range groups {
			at := len(groups) - 1 - i
			values[at], ends[at], texts[at] = g.values[k], plotter.XY{X: g.values[k], Y: float64(at)}, figure(g.values[k])
			most = max(most, g.values[k])
		}
		chart, err := plotter.NewBarChart(values, vg.Points(width-1))
		if err != nil {
			return nil, err
		}
		chart.Horizontal, chart.Color, chart.LineStyle.Width, chart.Offset = true, hues[k%len(hues)], 0, offset
		p.Add(chart)
		if len(kinds) > 1 {
			p.Legend.Add(kind, chart)
		}
		if err := label(p, ends, texts, vg.Point{X: vg.Points(4), Y: offset - vg.Points(4)}); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max = 0, most*1.12
	p.Y.Min, p.Y.Max = -0.6, float64(len(groups))-0.4
	if len(kinds) > 1 {
		p.Y.Min-- // room for the legend, where no bar is
	}
	p.Legend.Top, p.Y.Tick.Length, p.Y.Width, p.Y.Padding = false, 0, 0, vg.Points(8)
	p.Y.Tick.Marker = plot.TickerFunc(func(_, _ float64) (ticks []plot.Tick) {
		for i, g := range groups {
			ticks = append(ticks, plot.Tick{Value: float64(len(groups) - 1 - i), Label: g.name})
		}
		return ticks
	})
	return p, nil
}

func label(p *drawing, at plotter.XYs, texts []string, offset vg.Point) error {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: at, Labels: texts})
	if err != nil {
		return err
	}
	labels.Offset = offset
	for i := range labels.TextStyle {
		labels.TextStyle[i].Color, labels.TextStyle[i].Font.Variant, labels.TextStyle[i].Font.Size = ink, "Sans", 9
	}
	p.Add(labels)
	return nil
}

// rule adds a line across the plot, where a goal lies.
func rule(p *drawing, name string, from, to plotter.XY) error {
	line, err := plotter.NewLine(plotter.XYs{from, to})
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = ink, vg.Points(1), []vg.Length{vg.Points(2), vg.Points(3)}
	p.Add(line)
	p.Legend.Add(name, line)
	return nil
}

// logarithmic sets an axis to powers of ten, with a tick for each power.
func logarithmic(axis *plot.Axis) {
	axis.Scale = plot.LogScale{}
	axis.Min = math.Pow(10, math.Floor(math.Log10(axis.Min)))
	axis.Max = math.Pow(10, math.Ceil(math.Log10(axis.Max)))
	axis.Tick.Marker = plot.TickerFunc(func(from, to float64) (ticks []plot.Tick) {
		for at := from; at <= to*1.001; at *= 10 {
			ticks = append(ticks, plot.Tick{Value: at, Label: figure(at)})
		}
		return ticks
	})
}

// svg draws a plot. The style in it exchanges the colours where the reader prefers dark pages.
func svg(p *drawing) ([]byte, error) {
	canvas := vgsvg.New(chartWidth, vg.Length(p.height))
	p.Draw(draw.New(canvas))
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return nil, err
	}
	var style strings.Builder
	// The plot was laid out with Liberation Sans, whose letters are as wide as those of Arial and Helvetica.
	style.WriteString("<style>text{font-family:'Liberation Sans',Arial,Helvetica,sans-serif!important}@media (prefers-color-scheme:dark){")
	for _, c := range inOrder {
		for _, property := range []string{"fill", "stroke"} {
			fmt.Fprintf(&style, "[style*=\"%s:%s\"]{%s:%s!important}", property, hex(c), property, hex(dark[c]))
		}
	}
	style.WriteString("}</style>\n")
	head, body, _ := strings.Cut(text.String(), "<g")
	// In pixels instead of points the plot is as wide as a column of text.
	return []byte(strings.ReplaceAll(head, "pt\"", "\"") + style.String() + "<g" + body), nil
}

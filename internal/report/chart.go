package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	rekeyv1 "rekey/gen/rekey/v1"
)

const (
	chartWidth  = 860
	chartHeight = 260
	// lowest is the share of the height that a band must have at its end to bear its letter.
	lowest = 0.05
)

// ink is the colour of what is written and ruled in the chart. Like the outcomes' light colours it is what the style sheet
// finds it by, to give it the page's colours, light or dark.
var ink = rgb(0x24292F)

// chart draws how many canaries rested over time, a band for each outcome, and how many had begun as a line above them. Dots
// on the axis mark the begins of waves. Nothing in it but numbers, times and rekey's own words, so that it may stand in the
// page as it is.
func chart(moments []moment, waves []*rekeyv1.Wave) (template.HTML, error) {
	if len(moments) == 0 {
		return "", nil
	}
	p := plot.New()
	p.BackgroundColor = color.Transparent
	styleAxes(p, moments)
	if err := addBands(p, moments); err != nil {
		return "", fmt.Errorf("drawing the bands: %w", err)
	}
	if err := addBegins(p, moments); err != nil {
		return "", fmt.Errorf("drawing the begins: %w", err)
	}
	if err := addLetters(p, moments[len(moments)-1]); err != nil {
		return "", fmt.Errorf("lettering the bands: %w", err)
	}
	if err := addWaves(p, moments, waves); err != nil {
		return "", fmt.Errorf("marking the waves: %w", err)
	}
	canvas := vgsvg.New(chartWidth, chartHeight)
	p.Draw(draw.New(canvas))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return "", fmt.Errorf("writing the chart: %w", err)
	}
	// An SVG within HTML has no XML declaration.
	_, element, _ := bytes.Cut(svg.Bytes(), []byte("<svg"))
	return template.HTML("<svg" + string(element)), nil //nolint:gosec // see above: nothing foreign is in it
}

// styleAxes sets the ranges, with room for the letters at the right, and the look of the axes.
func styleAxes(p *plot.Plot, moments []moment) {
	first, last := seconds(moments[0]), seconds(moments[len(moments)-1])
	p.X.Min, p.X.Max = first, last+(last-first)/40
	p.Y.Min, p.Y.Max = 0, float64(max(moments[len(moments)-1].Began, 1))*1.08
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(clockTicks), plot.TickerFunc(countTicks)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding, axis.Color, axis.Tick.Color = 0, ink, ink
		axis.Tick.Label.Color, axis.Tick.Label.Font.Variant, axis.Tick.Label.Font.Size = ink, "Sans", 10
		axis.Tick.Length, axis.Tick.Width, axis.Width = vg.Points(4), vg.Points(0.5), vg.Points(0.5)
	}
}

func seconds(m moment) float64 { return float64(m.At.Unix()) }

// addBands fills from the top of each band down to the axis, the highest band first, so that the next covers what is not its
// own. The best is at the bottom: what went wrong lies on top of it.
func addBands(p *plot.Plot, moments []moment) error {
	for o := range outcomes {
		if moments[len(moments)-1].Rested[o] == 0 {
			continue
		}
		top := make(plotter.XYs, 0, len(moments))
		for _, m := range moments {
			top = append(top, plotter.XY{X: seconds(m), Y: float64(topOf(m, o))})
		}
		line, err := plotter.NewLine(top)
		if err != nil {
			return err
		}
		line.StepStyle, line.FillColor, line.Width = plotter.PostStep, o.looks().Light, 0
		p.Add(line)
	}
	return nil
}

// topOf is where the band of an outcome ends: above itself and all that is better.
func topOf(m moment, o outcome) int {
	top := 0
	for _, n := range m.Rested[o:] {
		top += n
	}
	return top
}

func addBegins(p *plot.Plot, moments []moment) error {
	begins := make(plotter.XYs, 0, len(moments))
	for _, m := range moments {
		begins = append(begins, plotter.XY{X: seconds(m), Y: float64(m.Began)})
	}
	line, err := plotter.NewLine(begins)
	if err != nil {
		return err
	}
	line.StepStyle, line.Color, line.Width, line.Dashes = plotter.PostStep, ink, vg.Points(1), []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(line)
	return nil
}

// addLetters writes the outcomes' letters beside the ends of their bands, where these are high enough.
func addLetters(p *plot.Plot, end moment) error {
	var at plotter.XYs
	var letters []string
	for o, n := range end.Rested {
		if float64(n) < p.Y.Max*lowest {
			continue
		}
		at = append(at, plotter.XY{X: seconds(end), Y: float64(topOf(end, outcome(o))) - float64(n)/2})
		letters = append(letters, outcome(o).Letter())
	}
	if len(at) == 0 {
		return nil
	}
	return addText(p, at, letters, vg.Point{X: vg.Points(4), Y: vg.Points(-4)})
}

// addWaves writes "w0" above the axis where a wave began. A rehearsal's clocks may differ: what lies outside is left out.
func addWaves(p *plot.Plot, moments []moment, waves []*rekeyv1.Wave) error {
	var at plotter.XYs
	var names []string
	for _, w := range waves {
		t := w.GetStartTime().GetSeconds()
		if w.GetStartTime() == nil || t < moments[0].At.Unix() || t > moments[len(moments)-1].At.Unix() {
			continue
		}
		rule, err := plotter.NewLine(plotter.XYs{{X: float64(t), Y: 0}, {X: float64(t), Y: p.Y.Max}})
		if err != nil {
			return err
		}
		rule.Color, rule.Width, rule.Dashes = ink, vg.Points(0.5), []vg.Length{vg.Points(1), vg.Points(3)}
		p.Add(rule)
		at = append(at, plotter.XY{X: float64(t), Y: p.Y.Max})
		names = append(names, fmt.Sprintf("w%d", w.GetNumber()))
	}
	if len(at) == 0 {
		return nil
	}
	return addText(p, at, names, vg.Point{X: vg.Points(3), Y: vg.Points(-9)})
}

func addText(p *plot.Plot, at plotter.XYs, texts []string, offset vg.Point) error {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: at, Labels: texts})
	if err != nil {
		return err
	}
	labels.Offset = offset
	for i := range labels.TextStyle {
		labels.TextStyle[i].Color, labels.TextStyle[i].Font.Variant, labels.TextStyle[i].Font.Size = ink, "Sans", 10
	}
	p.Add(labels)
	return nil
}

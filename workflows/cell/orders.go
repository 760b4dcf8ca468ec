package cell

import (
	"go.temporal.io/sdk/workflow"

	"rekey/workflows"
)

// orders is what the migration has told the cell, as standing facts: an order that comes twice changes nothing,
// but for reviews, which are counted.
type orders struct {
	begin, cancel, close, back bool
	reviews                    int

	channel workflow.ReceiveChannel
	report  func() // called when the migration asks how the cell is
}

// listen takes orders as they come. It looks for them without being handed one: a blocked Receive would hold an
// order that no drain before a continue-as-new could see.
func (o *orders) listen(ctx workflow.Context, report func()) {
	o.report = report
	o.channel = workflow.GetSignalChannel(ctx, workflows.OrderSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return o.channel.Len() > 0 }) == nil {
			o.drain()
		}
	})
}

// drain takes the orders that have been delivered.
func (o *orders) drain() {
	var order workflows.Order
	for o.channel.ReceiveAsync(&order) {
		o.take(order)
	}
}

func (o *orders) take(list ...workflows.Order) {
	for _, order := range list {
		switch order {
		case workflows.Begin:
			o.begin = true
		case workflows.Cancel:
			o.cancel = true
		case workflows.Review:
			o.reviews++
		case workflows.Close:
			o.close = true
		case workflows.Return:
			o.back = true
		case workflows.Report:
			o.report()
		}
	}
}

// ending reports whether no canary is to be begun any more.
func (o *orders) ending() bool { return o.cancel || o.close }

// list is the orders as a new run takes them.
func (o *orders) list() []workflows.Order {
	var list []workflows.Order
	if o.begin {
		list = append(list, workflows.Begin)
	}
	if o.cancel {
		list = append(list, workflows.Cancel)
	}
	for range o.reviews {
		list = append(list, workflows.Review)
	}
	if o.back {
		list = append(list, workflows.Return)
	}
	if o.close {
		list = append(list, workflows.Close)
	}
	return list
}

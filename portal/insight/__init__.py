"""What the figures say: measures, their intervals, and the lists behind them."""

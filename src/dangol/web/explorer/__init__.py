"""The explorer: any measure by any dimension, unfolded, compared, drawn, and down to the customers behind a cell."""

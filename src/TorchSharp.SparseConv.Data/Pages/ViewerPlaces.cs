namespace TorchSharp.SparseConv.Data;

// Positions in 16 bits an axis: corner + cell * step, metres from the layer's origin. Steps of 65535 say that there is no place.
internal sealed class ViewerPlaces
{
    private const int Last = ushort.MaxValue - 1;

    private ViewerPlaces(double[] corner, double[] cell, ushort[] steps)
    {
        Corner = corner;
        Cell = cell;
        Steps = steps;
    }

    public double[] Corner { get; }

    public double[] Cell { get; }

    // [points, 3]
    public ushort[] Steps { get; }

    public static ViewerPlaces Of(float[] positions)
    {
        var corner = new double[3];
        var cell = new double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
            for (var i = 0; i < positions.Length; i += 3)
            {
                if (IsPlace(positions.AsSpan(i, 3)))
                {
                    low = Math.Min(low, positions[i + axis]);
                    high = Math.Max(high, positions[i + axis]);
                }
            }
            (corner[axis], cell[axis]) = low <= high ? (low, (high - low) / Last) : (0, 0);
        }
        var steps = new ushort[positions.Length];
        for (var i = 0; i < positions.Length; i += 3)
        {
            var place = IsPlace(positions.AsSpan(i, 3));
            for (var axis = 0; axis < 3; axis++)
            {
                steps[i + axis] = place ? Step(positions[i + axis] - corner[axis], cell[axis]) : ushort.MaxValue;
            }
        }
        return new ViewerPlaces(corner, cell, steps);
    }

    // The middles of voxels; exact unless a level is more than 65534 voxels wide.
    public static ViewerPlaces Of(int[] coordinates, double[] edges)
    {
        var corner = new double[3];
        var cell = new double[3];
        var steps = new ushort[coordinates.Length];
        for (var axis = 0; axis < 3 && coordinates.Length > 0; axis++)
        {
            var (low, high) = (long.MaxValue, long.MinValue);
            for (var i = axis; i < coordinates.Length; i += 3)
            {
                low = Math.Min(low, coordinates[i]);
                high = Math.Max(high, coordinates[i]);
            }
            var scale = Math.Max(1, (high - low) / (double)Last);
            (corner[axis], cell[axis]) = ((low + 0.5) * edges[axis], scale * edges[axis]);
            for (var i = axis; i < coordinates.Length; i += 3)
            {
                steps[i] = Step(coordinates[i] - low, scale);
            }
        }
        return new ViewerPlaces(corner, cell, steps);
    }

    private static bool IsPlace(ReadOnlySpan<float> position) =>
        float.IsFinite(position[0]) && float.IsFinite(position[1]) && float.IsFinite(position[2]);

    private static ushort Step(double distance, double cell) =>
        cell > 0 ? (ushort)Math.Clamp(Math.Round(distance / cell), 0, Last) : (ushort)0;
}

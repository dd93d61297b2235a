namespace TorchSharp.SparseConv.Data.Files;

// Coordinates too large for 32-bit floats, as an origin and small positions.
internal static class WorldPositions
{
    // Up to here 32-bit floats are exact to a quarter of a millimetre.
    private const double Near = 4096;

    // On each axis zero where all is near, else the middle, as a whole number.
    public static Origin OriginFor(ReadOnlySpan<double> world)
    {
        Span<double> origin = stackalloc double[3];
        for (var axis = 0; axis < 3; axis++)
        {
            var (low, high) = (double.MaxValue, double.MinValue);
            for (var i = axis; i < world.Length; i += 3)
            {
                if (double.IsFinite(world[i]))
                {
                    (low, high) = (Math.Min(low, world[i]), Math.Max(high, world[i]));
                }
            }
            if (low <= high && Math.Max(-low, high) > Near)
            {
                origin[axis] = Math.Floor(low / 2 + high / 2);
            }
        }
        return new Origin(origin[0], origin[1], origin[2]);
    }

    public static float[] From(ReadOnlySpan<double> world, Origin origin)
    {
        var positions = new float[world.Length];
        for (var i = 0; i < world.Length; i++)
        {
            positions[i] = (float)(world[i] - origin[i % 3]);
        }
        return positions;
    }
}

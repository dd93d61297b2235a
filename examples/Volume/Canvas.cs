namespace Vessels;

/// <summary>A cube of voxels that balls are drawn into; where two overlap, the brighter one is seen.</summary>
internal sealed class Canvas(int size)
{
    private const float Faintest = 0.1f;

    // What a scanner's blur makes of an edge, in voxels.
    private const double Edge = 2;

    /// <summary>How much of each voxel is filled, 0 to 1.</summary>
    public float[] Covered { get; } = new float[size * size * size];

    /// <summary>Brightness times what is filled; 0 where next to nothing is.</summary>
    public float[] Ink { get; } = new float[size * size * size];

    /// <summary>Whether a place lies in the cube.</summary>
    public bool Holds((double Z, double Y, double X) place) =>
        Math.Min(place.Z, Math.Min(place.Y, place.X)) >= 0 && Math.Max(place.Z, Math.Max(place.Y, place.X)) <= size - 1;

    /// <summary>A ball with a soft edge, empty within the radius given as hollow.</summary>
    public void Ball((double Z, double Y, double X) centre, double radius, float brightness, double hollow)
    {
        var (z0, z1) = Range(centre.Z, radius);
        var (y0, y1) = Range(centre.Y, radius);
        var (x0, x1) = Range(centre.X, radius);
        for (var z = z0; z <= z1; z++)
        {
            for (var y = y0; y <= y1; y++)
            {
                for (var x = x0; x <= x1; x++)
                {
                    var (dz, dy, dx) = (z - centre.Z, y - centre.Y, x - centre.X);
                    var distance = Math.Sqrt((dz * dz) + (dy * dy) + (dx * dx));
                    var outer = Filled(radius - distance);
                    var inner = hollow > 0 ? Filled(hollow - distance) : 0;
                    Fill((((z * size) + y) * size) + x, (float)(outer - inner), brightness);
                }
            }
        }
    }

    // Half at the edge itself.
    private static double Filled(double depth) => Math.Clamp((depth / Edge) + 0.5, 0, 1);

    private void Fill(int cell, float covered, float brightness)
    {
        Covered[cell] = Math.Max(Covered[cell], covered);
        Ink[cell] = Math.Max(Ink[cell], covered < Faintest ? 0 : covered * brightness);
    }

    private (int First, int Last) Range(double centre, double radius) =>
        (
            Math.Max(0, (int)Math.Ceiling(centre - radius - (Edge / 2))),
            Math.Min(size - 1, (int)Math.Floor(centre + radius + (Edge / 2)))
        );
}

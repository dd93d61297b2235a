namespace Vessels;

/// <summary>
/// Generated angiographies: a branching vessel tree among what thresholding leaves beside vessels, which is blobs, shells
/// of bone and speckle of the same brightness.
/// </summary>
internal static class VesselTrees
{
    private const float Brightest = 250;
    private const double Speckle = 0.01;

    // In a cube of 64 voxels an axis; smaller ones have fewer.
    private const int Trees = 4;
    private const int Blobs = 6;
    private const int Shells = 2;
    private const double OfCount = 64;

    /// <summary>A cube of size voxels an axis; the same seed gives the same one.</summary>
    public static (float[] Intensities, bool[] Truth) Grow(int size, int seed)
    {
        var random = new Random(seed);
        var vessels = new Canvas(size);
        for (var i = 0; i < Count(Trees, size); i++)
        {
            Branch.Root(random, size).Grow(vessels);
        }
        var clutter = new Canvas(size);
        for (var i = 0; i < Count(Blobs, size); i++)
        {
            clutter.Ball(Place(random, size), Between(random, 1.5, 5), Bright(random), hollow: 0);
        }
        for (var i = 0; i < Count(Shells, size); i++)
        {
            var radius = Between(random, 0.1, 0.2) * size;
            clutter.Ball(Place(random, size), radius, Bright(random), hollow: radius - Between(random, 1, 2.5));
        }
        var truth = Array.ConvertAll(vessels.Covered, covered => covered >= 0.5f);
        var intensities = new float[truth.Length];
        for (var cell = 0; cell < intensities.Length; cell++)
        {
            var speckle = random.NextDouble() < Speckle ? (float)(Brightest * Math.Pow(random.NextDouble(), 3)) : 0;
            var ink = Math.Max(vessels.Ink[cell], truth[cell] ? 0 : Math.Max(clutter.Ink[cell], speckle));
            intensities[cell] = ink == 0 ? 0 : Math.Max(1, ink + (float)(random.NextDouble() - 0.5) * 30);
        }
        return (intensities, truth);
    }

    private static int Count(int ofCube, int size) =>
        Math.Max(1, (int)Math.Round(ofCube * Math.Pow(size / OfCount, 3)));

    private static (double Z, double Y, double X) Place(Random random, int size) =>
        (random.NextDouble() * size, random.NextDouble() * size, random.NextDouble() * size);

    private static float Bright(Random random) => (float)Between(random, 60, Brightest);

    private static double Between(Random random, double low, double high) => low + ((high - low) * random.NextDouble());
}

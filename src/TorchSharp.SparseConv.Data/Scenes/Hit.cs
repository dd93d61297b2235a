namespace TorchSharp.SparseConv.Data.Scenes;

// Where a ray met a surface first, and what the scanner sees of it there.
internal readonly record struct Hit
{
    public required double Distance { get; init; } // along the ray, metres; infinity where nothing was met
    public double Incidence { get; init; } // cosine between ray and normal, 0 to 1
    public int Label { get; init; }
    public double Reflectivity { get; init; } // 0 to 1
    public double Loss { get; init; } // how likely the return is lost, as behind glass

    public static Hit None => new() { Distance = double.PositiveInfinity };
}

namespace TorchSharp.SparseConv.Data.Scenes;

// Random numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood 2014) and no libm.
internal struct SceneRandom
{
    private ulong _state;

    public SceneRandom(int seed, int index) => _state = Mix(unchecked(((ulong)(uint)seed << 32) | (uint)index));

    // In [0, 1).
    public double Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
        }
        return (Mix(_state) >> 11) * (1.0 / (1L << 53));
    }

    public double Between(double low, double high) => low + (high - low) * Next();

    public bool Chance(double probability) => Next() < probability;

    // The sum of four uniform numbers, scaled to mean 0 and variance 1: near enough to normal for a scanner's noise.
    public double Noise() => (Next() + Next() + Next() + Next() - 2) * 1.7320508075688772;

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}

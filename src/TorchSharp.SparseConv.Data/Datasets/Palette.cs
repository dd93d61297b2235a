namespace TorchSharp.SparseConv.Data.Datasets;

// Colours for classes that have none of their own: hues a golden angle apart, so that neighbours differ.
internal static class Palette
{
    private const double GoldenTurn = 0.38196601125010515;

    public static Rgb[] Of(int count) => [.. Enumerable.Range(0, count).Select(i => Hue(i * GoldenTurn % 1))];

    private static Rgb Hue(double turn)
    {
        return new Rgb(Channel(turn), Channel(turn + 2.0 / 3), Channel(turn + 1.0 / 3));

        static byte Channel(double turn)
        {
            var ramp = Math.Clamp(Math.Abs(6 * (turn % 1) - 3) - 1, 0, 1);
            return (byte)Math.Round(55 + 185 * ramp);
        }
    }
}

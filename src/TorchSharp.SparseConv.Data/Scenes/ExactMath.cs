namespace TorchSharp.SparseConv.Data.Scenes;

// Sine and cosine from additions and multiplications alone, which IEEE 754 rounds alike everywhere; the C library's differ by machine.
internal static class ExactMath
{
    public static (double Sin, double Cos) SinCos(double angle)
    {
        // Within a quarter turn around the nearest multiple of pi / 2, where a short series is good to 1e-12.
        var quarter = Math.Floor(angle / (Math.PI / 2) + 0.5);
        var x = angle - quarter * (Math.PI / 2);
        var x2 = x * x;
        var sin = x * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42 * (1 - x2 / 72 * (1 - x2 / 110 * (1 - x2 / 156))))));
        var cos = 1 - x2 / 2 * (1 - x2 / 12 * (1 - x2 / 30 * (1 - x2 / 56 * (1 - x2 / 90 * (1 - x2 / 132)))));
        return ((long)quarter & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    public static double Sin(double angle) => SinCos(angle).Sin;
}

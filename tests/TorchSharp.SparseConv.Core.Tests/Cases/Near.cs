namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Closeness by normalised error: the largest difference over the largest expected magnitude.</summary>
internal static class Near
{
    /// <summary>Sums of up to some thousand products of numbers below 1, in float.</summary>
    internal const double Float32 = 2e-6;

    /// <summary>The same in double.</summary>
    internal const double Float64 = 1e-14;

    internal static double Tolerance<T>() => typeof(T) == typeof(float) ? Float32 : Float64;

    /// <summary>
    /// Holds actual against expected. <paramref name="terms"/> is the sum of magnitudes that a plain sum was made of, where that
    /// is the scale to measure by: its terms may cancel.
    /// </summary>
    internal static void Check(string what, double[] actual, double[] expected, double tolerance, double terms = 0)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        if (expected.Length == 0)
        {
            return;
        }

        Assert.That(actual, Has.All.Matches<double>(double.IsFinite), $"{what}: every element is written");
        var scale = Math.Max(Math.Max(expected.Max(Math.Abs), terms), 1e-3);
        var error = actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / scale;
        Assert.That(error, Is.LessThanOrEqualTo(tolerance), $"normalised error of {what}");
    }
}

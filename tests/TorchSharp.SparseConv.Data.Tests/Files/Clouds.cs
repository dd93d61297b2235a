namespace TorchSharp.SparseConv.Data.Tests.Files;

// Clouds that use all that formats may lose, and what it takes for two of them to be equal.
internal static class Clouds
{
    // Every type, one and more components, extreme and special values.
    public static PointCloud Rich(int count = 5)
    {
        var positions = Enumerable.Range(0, 3 * count).Select(i => i * 0.37f - 2).ToArray();
        return new PointCloud(
            positions,
            Origin.Zero,
            new(
                "intensity",
                Fill(
                    count,
                    i =>
                        i == 0 ? float.NaN
                        : i == 1 ? float.NegativeInfinity
                        : i * 0.1f
                )
            ),
            new("label", Fill(count, i => i == 0 ? int.MinValue : i * 7)),
            new("color", Fill(3 * count, i => unchecked((byte)(i * 50))), 3),
            new("normal", Fill(3 * count, i => i / 3f), 3),
            new("signed8", Fill(count, i => unchecked((sbyte)(i - 128)))),
            new("signed16", Fill(count, i => unchecked((short)(i - 32768)))),
            new("unsigned16", Fill(count, i => unchecked((ushort)(65535 - i)))),
            new("unsigned32", Fill(count, i => unchecked(uint.MaxValue - (uint)i))),
            new("time", Fill(count, i => Math.PI * 1e8 * i)),
            new PointAttribute("pair", Fill(2 * count, i => (short)i), 2)
        );
    }

    // Map coordinates: too large for floats, in steps that floats from an origin hold exactly.
    public static PointCloud Far() =>
        new(
            [0, 0.5f, 0.25f, 1, -2.125f, 3, 100.5f, 7, -8],
            new Origin(637_000, -4_800_000, 250),
            new PointAttribute("label", new[] { 1, 2, 3 })
        );

    public static void AssertEqual(PointCloud actual, PointCloud expected)
    {
        Assert.That(actual.Count, Is.EqualTo(expected.Count));
        for (var i = 0; i < 3 * expected.Count; i++)
        {
            var world = actual.Origin[i % 3] + actual.Positions[i];
            Assert.That(world, Is.EqualTo(expected.Origin[i % 3] + expected.Positions[i]), $"coordinate {i}");
        }
        Assert.That(
            actual.Attributes.Select(attribute => attribute.ToString()),
            Is.EqualTo(expected.Attributes.Select(attribute => attribute.ToString()))
        );
        foreach (var attribute in expected.Attributes)
        {
            Assert.That(
                actual.Find(attribute.Name)!.Values.Values,
                Is.EqualTo(attribute.Values.Values),
                attribute.Name
            );
        }
    }

    private static T[] Fill<T>(int count, Func<int, T> value) => [.. Enumerable.Range(0, count).Select(value)];
}

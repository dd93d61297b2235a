namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>The rulebook against the equation, both ways.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class LawTests(Backend backend)
{
    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Every_pair_listed_obeys_the_law(Case one)
    {
        using var scene = new Scene(one, backend);
        var oracle = new Oracle(one);
        var fine = oracle.Sites(scene.Fine.Coordinates());
        var coarse = oracle.Sites(scene.Coarse.Coordinates());
        for (var tap = 0; tap < scene.Rulebook.Taps; tap++)
        {
            var cell = oracle.Cell(tap);
            var (fineRows, coarseRows) = scene.Rulebook.TapPairs(tap);
            var broken = fineRows
                .Zip(coarseRows)
                .Where(pair => oracle.FineOf(coarse[pair.Second], cell) != fine[pair.First]);
            Assert.That(broken, Is.Empty, $"tap {tap}");
        }
    }

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Every_pair_that_obeys_the_law_is_listed_once(Case one)
    {
        using var scene = new Scene(one, backend);
        var oracle = new Oracle(one);
        var fine = oracle.Sites(scene.Fine.Coordinates());
        var coarseRows = oracle
            .Sites(scene.Coarse.Coordinates())
            .Select((site, row) => (site, row))
            .ToDictionary(pair => pair.site, pair => (long)pair.row);
        long pairs = 0;
        for (var tap = 0; tap < scene.Rulebook.Taps; tap++)
        {
            // From the fine side, where the oracle of convolutions goes from the coarse one.
            var expected = new List<(long Fine, long Coarse)>();
            for (var row = 0; row < fine.Length; row++)
            {
                if (
                    oracle.CoarseOf(fine[row], oracle.Cell(tap)) is { } site
                    && coarseRows.TryGetValue(site, out var met)
                )
                {
                    expected.Add((row, met));
                }
            }
            var (listedFine, listedCoarse) = scene.Rulebook.TapPairs(tap);
            Assert.That(listedFine.Zip(listedCoarse).Order(), Is.EqualTo(expected.Order()), $"tap {tap}");
            Assert.That(scene.Rulebook.Counts()[tap], Is.EqualTo(expected.Count), $"tap {tap}");
            pairs += expected.Count;
        }
        Assert.That(scene.Rulebook.Pairs, Is.EqualTo(pairs));
    }

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Pairs_of_a_tap_ascend_by_coarse_row(Case one)
    {
        using var scene = new Scene(one, backend);
        for (var tap = 0; tap < scene.Rulebook.Taps; tap++)
        {
            Assert.That(scene.Rulebook.TapPairs(tap).Coarse, Is.Ordered.Ascending.And.Unique, $"tap {tap}");
        }
    }

    [TestCaseSource(typeof(Cases), nameof(Cases.All))]
    public void Tap_offsets_are_those_of_the_law(Case one)
    {
        using var scene = new Scene(one, backend);
        var oracle = new Oracle(one);
        for (var tap = 0; tap < scene.Geometry.Taps; tap++)
        {
            var atOrigin = oracle.FineOf(default, oracle.Cell(tap));
            var expected = Enumerable.Range(0, one.Dimensions).Select(axis => (int)atOrigin.Axis(axis));
            Assert.That(scene.Geometry.TapOffset(tap), Is.EqualTo(expected), $"tap {tap}");
        }
    }

    [Test]
    public void The_cases_meet_what_they_are_named_for()
    {
        using var far = new Scene(Cases.Named("3d_far_apart_no_neighbours"), backend);
        using var sparse = new Scene(Cases.Named("3d_explicit_sites"), backend);
        using var full = new Scene(Cases.Named("3d_full_box"), backend);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(far.Rulebook.Counts().Count(pairs => pairs == 0), Is.EqualTo(26), "taps without a pair");
            Assert.That(far.Rulebook.Pairs, Is.EqualTo(far.Fine.Rows), "only the centre");
            Assert.That(sparse.Rulebook.Pairs, Is.GreaterThan(0));
            Assert.That(full.Rulebook.Pairs, Is.EqualTo(28 * 28 * 28), "10^3 voxels, 28 pairs along an axis");
        }
    }
}

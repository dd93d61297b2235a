using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Finding voxels, keeping some of them, and learning which.</summary>
[TestFixture]
public sealed class PruningTests
{
    private static readonly int[][] Rows =
    [
        [0, 5, 1],
        [2, 0, 0],
        [0, -3, 2],
        [2, 4, 4],
        [0, 7, 7],
    ];

    [Test]
    public void Rows_are_found_by_coordinate_and_minus_one_where_there_is_none()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        var sought = Tensors.Coordinates(
            [
                [2, 4, 4],
                [1, 4, 4],
                [0, 5, 1],
                [0, 5, 2],
            ],
            2
        );
        Assert.That(input.rows_of(sought).data<long>(), Is.EqualTo(new long[] { 3, -1, 0, -1 }));
        Assert.That(
            input.contains(sought.to_type(torch.ScalarType.Int64)).data<bool>(),
            Is.EqualTo(new[] { true, false, true, false })
        );
        Assert.That(
            () =>
                input.rows_of(
                    Tensors.Coordinates(
                        [
                            [0, 1],
                        ],
                        1
                    )
                ),
            Throws.ArgumentException.With.Message.Contains("must have the manager's 2")
        );
    }

    [Test]
    public void Kept_voxels_keep_order_features_and_history()
    {
        using var scope = torch.NewDisposeScope();
        var features = Tensors.Random(new Random(1), torch.ScalarType.Float64, 5, 2);
        var input = Input().with_features(features);
        var mask = torch.tensor(new[] { true, false, false, true, true });
        using var prune = torch.nn.SparsePrune();
        var kept = prune.call(input, mask);
        Assert.That(Tensors.Rows(kept.coordinates), Is.EqualTo(new[] { Rows[0], Rows[3], Rows[4] }));
        Assert.That((kept.batch_size, kept.stride), Is.EqualTo((4, new PerAxis(1, 1))));
        Assert.That(kept.map.Source, Is.SameAs(input.map));
        Differences.RequireGradient(features, () => input.prune(mask).features, new Random(2));
        Assert.That(input.prune(mask.logical_or(mask.logical_not())).map, Is.SameAs(input.map));
        Assert.That(input.prune(mask.logical_and(mask.logical_not())).count, Is.Zero);
    }

    [Test]
    public void A_decoder_finds_the_encoder_behind_what_was_pruned()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        using var down = new SparseConv2d(2, 3, 2, stride: 2, dtype: torch.ScalarType.Float64);
        using var up = new SparseConvTranspose2d(3, 1, 2, stride: 2, dtype: torch.ScalarType.Float64);
        var coarse = down.call(input);
        var kept = coarse.prune(torch.arange(coarse.count).gt(0));
        Assert.That(up.call(kept).map, Is.SameAs(input.map));
    }

    [Test]
    public void A_mask_that_does_not_fit_is_refused()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        Assert.That(
            () => input.prune(torch.ones(5)),
            Throws.ArgumentException.With.Message.Contains("mask is Float32 of shape [5], must be Bool [5]")
        );
        Assert.That(
            () => input.prune(torch.ones(4).gt(0)),
            Throws.ArgumentException.With.Message.Contains("mask is Bool of shape [4], must be Bool [5]")
        );
    }

    [Test]
    public void The_head_cuts_at_its_threshold()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input();
        using var head = torch.nn.SparsePruningHead(2, PruningRule.Above(0.5), dtype: torch.ScalarType.Float64);
        var logits = torch.tensor(new[] { 0.5, 0.6, double.NaN, -1, 9 });
        Assert.That(head.mask(input, logits).data<bool>(), Is.EqualTo(new[] { false, true, false, false, true }));
        var kept = head.call(input);
        var expected = head.mask(input, head.score(input)).data<bool>().ToArray();
        Assert.That(Tensors.Rows(kept.coordinates), Is.EqualTo(Rows.Where((_, row) => expected[row])));
        Assert.That(
            () => head.mask(input, torch.ones(3)),
            Throws.ArgumentException.With.Message.Contains("logits has shape [3], must be [5]")
        );
        Assert.That(() => PruningRule.Above(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void The_head_keeps_the_best_of_each_scan()
    {
        using var scope = torch.NewDisposeScope();
        using var head = new SparsePruningHead(2, PruningRule.Best(2));
        var logits = torch.tensor(new[] { 1, double.NaN, 1, -5, 1 });

        // Of three equal ones in scan 0 the lowest two rows; scan 2 has only two; scans 1 and 3 have none.
        Assert.That(head.mask(Input(), logits).data<bool>(), Is.EqualTo(new[] { true, true, true, true, false }));
        using var best = new SparsePruningHead(2, PruningRule.Best(1));
        Assert.That(best.mask(Input(), logits).data<bool>(), Is.EqualTo(new[] { true, false, false, true, false }));
        Assert.That(() => PruningRule.Best(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void The_head_learns_which_voxels_are_in_the_target()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var random = new Random(3);
        var cloud = Cloud.Random(random, [10, 10, 10], [0, 0, 0], 2, 200);
        var input = new SparseTensor(
            cloud.Coordinates().narrow(1, 1, 3).to_type(torch.ScalarType.Float32),
            cloud.Coordinates()
        );
        var target = Tensors.Coordinates([.. cloud.Rows.Where(row => row[1] > 5)], 3);
        var wanted = new SparseTensor(torch.ones(target.shape[0], 1), target).contains(input.coordinates);
        using var head = new SparsePruningHead(3);
        using var optimizer = torch.optim.Adam(head.parameters(), 0.1);
        for (var step = 0; step < 300; step++)
        {
            optimizer.zero_grad();
            var logits = head.score(input);
            torch
                .nn.functional.binary_cross_entropy_with_logits(logits, wanted.to_type(torch.ScalarType.Float32))
                .backward();
            optimizer.step();
        }

        Assert.That(Tensors.Rows(head.call(input).coordinates), Is.EqualTo(Tensors.Rows(target)));
    }

    [Test]
    public void Nothing_is_pruned_from_nothing()
    {
        using var scope = torch.NewDisposeScope();
        var none = new SparseTensor(torch.zeros(0, 2), Tensors.Coordinates([], 2), batch_size: 2);
        using var head = new SparsePruningHead(2, PruningRule.Best(3));
        Assert.That(head.call(none).count, Is.Zero);
        Assert.That(
            none.contains(
                    Tensors.Coordinates(
                        [
                            [0, 1, 1],
                        ],
                        2
                    )
                )
                .item<bool>(),
            Is.False
        );
    }

    private static SparseTensor Input() =>
        new(Tensors.Random(new Random(9), torch.ScalarType.Float64, 5, 2), Tensors.Coordinates(Rows, 2), batch_size: 4);
}

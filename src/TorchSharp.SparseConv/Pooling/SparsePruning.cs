using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;

namespace TorchSharp.SparseConv;

/// <summary>
/// Learns which voxels to keep: a linear layer gives one logit a voxel, and a rule cuts. The choice itself has no
/// gradient, so the head learns from a loss on its logits:
/// <code>
/// var logits = head.score(x);
/// var wanted = target.contains(x.coordinates);                  // is each voxel of x one of the target?
/// loss += binary_cross_entropy_with_logits(logits, wanted.to_type(ScalarType.Float32));
/// x = x.prune(head.mask(x, logits).logical_or(wanted));         // in training keep what is right, too
/// </code>
/// </summary>
public sealed class SparsePruningHead : torch.nn.Module<SparseTensor, SparseTensor>
{
    private readonly Linear _linear;

    /// <summary>
    /// For tensors of in_channels channels and any number of axes; keeps logits above 0 where no rule is given.
    /// </summary>
    public SparsePruningHead(
        long in_channels,
        PruningRule? rule = null,
        torch.Device? device = null,
        torch.ScalarType? dtype = null
    )
        : base(nameof(SparsePruningHead))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(in_channels);
        Rule = rule ?? PruningRule.Above(0);
        _linear = torch.nn.Linear(in_channels, 1, device: device, dtype: dtype);
        register_module("linear", _linear);
    }

    /// <summary>Which voxels are kept.</summary>
    public PruningRule Rule { get; }

    /// <summary>One logit a voxel, [N]; differentiable.</summary>
    public torch.Tensor score(SparseTensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Precision.RequireParameter(_linear.weight, input, GetName());
        using var scope = torch.NewDisposeScope();
        var logits = RowLinear.Run(_linear, Precision.Widen(input.features), input).squeeze(1);
        return Precision.As(logits, input.features.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The voxels that the rule keeps under given logits [N]: a bool tensor [N].</summary>
    public torch.Tensor mask(SparseTensor input, torch.Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.ndim != 1 || logits.shape[0] != input.count)
        {
            throw new ArgumentException(
                $"logits has shape {Shapes.Text(logits.shape)}, must be [{input.count}], one value a voxel.",
                nameof(logits)
            );
        }

        using var scope = torch.NewDisposeScope();
        if (Rule.Count is { } count)
        {
            return Best(input, logits, count).MoveToOuterDisposeScope();
        }

        using Scalar threshold = Rule.Threshold;
        return logits.detach().gt(threshold).MoveToOuterDisposeScope();
    }

    /// <summary>The voxels that the rule keeps, with their features.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        return input.prune(mask(input, score(input))).MoveToOuterDisposeScope();
    }

    private static torch.Tensor Best(SparseTensor input, torch.Tensor logits, long count)
    {
        var values = logits.detach().to_type(torch.ScalarType.Float64).cpu().data<double>().ToArray();
        var kept = new bool[values.Length];
        foreach (var rows in Scans.Rows(input.map, input.batch_size))
        {
            // NaN sorts below every number; the sort is stable, so equal logits stay in the order of rows.
            foreach (var row in rows.OrderByDescending(row => values[row]).Take((int)Math.Min(count, int.MaxValue)))
            {
                kept[row] = true;
            }
        }

        return torch.tensor(kept, torch.ScalarType.Bool, logits.device);
    }
}

/// <summary>Which voxels a <see cref="SparsePruningHead"/> keeps.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Only carries an argument.")]
public readonly struct PruningRule
{
    private PruningRule(double threshold, long? count)
    {
        Threshold = threshold;
        Count = count;
    }

    /// <summary>The logit that a kept voxel exceeds; minus infinity where the rule counts.</summary>
    public double Threshold { get; }

    /// <summary>How many voxels of each scan are kept, or null where the rule is a threshold.</summary>
    public long? Count { get; }

    /// <summary>Keeps the voxels whose logit is above a threshold; 0 is a probability of one half.</summary>
    public static PruningRule Above(double threshold)
    {
        if (double.IsNaN(threshold))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "threshold is NaN, must be a number.");
        }

        return new PruningRule(threshold, null);
    }

    /// <summary>
    /// Keeps the voxels with the largest logits of each scan, count of them or all where there are fewer; of equal
    /// logits those in the lowest rows, and not-a-number last.
    /// </summary>
    public static PruningRule Best(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new PruningRule(double.NegativeInfinity, count);
    }
}

/// <summary>
/// Keeps the voxels where a mask is true; see <see cref="SparseTensor.prune"/>. For any number of axes.
/// </summary>
public sealed class SparsePrune : torch.nn.Module<SparseTensor, torch.Tensor, SparseTensor>
{
    /// <summary>A layer without parameters.</summary>
    public SparsePrune()
        : base(nameof(SparsePrune)) { }

    /// <summary>From [N, C] and a bool mask [N] to the voxels where the mask is true.</summary>
    public override SparseTensor forward(SparseTensor input, torch.Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.prune(mask);
    }
}

/// <content>Pruning.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Keeps the voxels where a mask is true; see <see cref="SparseConv.SparsePrune"/>.</summary>
        public static SparsePrune SparsePrune() => new();

        /// <summary>Learns which voxels to keep; see <see cref="SparseConv.SparsePruningHead"/>.</summary>
        public static SparsePruningHead SparsePruningHead(
            long in_channels,
            PruningRule? rule = null,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, rule, device, dtype);
    }
}

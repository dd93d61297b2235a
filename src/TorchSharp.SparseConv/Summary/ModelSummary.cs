using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// What a model does to one input: a row a layer in the order of calls, sums a level and in all. <see cref="ToString"/>
/// is a table for terminals and notebooks. Made by <see cref="ModuleSummary"/>.
/// </summary>
public sealed class ModelSummary
{
    internal ModelSummary(string name, string input, IReadOnlyList<SummaryRow> rows, IReadOnlyList<long>? reach)
    {
        Reach = reach;
        Name = name;
        Input = input;
        Rows = rows;
        Levels =
        [
            .. rows.Where(row => row.Stride is not null)
                .GroupBy(row => row.Stride!.Value)
                .OrderBy(level => level.Key.Aggregate(1L, (product, stride) => product * stride))
                .Select(level => new SummaryTotal(level.Key, [.. level])),
        ];
        Total = new SummaryTotal(stride: null, rows);
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>The input in words.</summary>
    public string Input { get; }

    /// <summary>The layers in the order in which they were called; modules that were not called come last.</summary>
    public IReadOnlyList<SummaryRow> Rows { get; }

    /// <summary>
    /// How far the receptive field of an output voxel reaches along each axis, in input voxels: at most the reach
    /// of all kernels that ran, added up, which this is. Null where a layer reads whole scans, as norms over a scan and
    /// squeeze-and-excitation do, or is not known to this library.
    /// </summary>
    public IReadOnlyList<long>? Reach { get; }

    /// <summary>The sums of each stride, from the finest level to the coarsest.</summary>
    public IReadOnlyList<SummaryTotal> Levels { get; }

    /// <summary>The sums over all rows.</summary>
    public SummaryTotal Total { get; }

    /// <summary>The table: model, input, a line a layer, a line a level, and the total.</summary>
    public override string ToString() => SummaryTable.Of(this);
}

/// <summary>
/// <c>model.summary(x)</c>: runs a model once, in evaluation mode and without gradients, and tells what each layer did.
/// Parameters, buffers and the mode stay as they are; levels and rulebooks stay with the input's manager.
/// </summary>
public static class ModuleSummary
{
    /// <summary>The summary of a model that gives a sparse tensor.</summary>
    public static ModelSummary summary(this torch.nn.Module<SparseTensor, SparseTensor> model, SparseTensor input) =>
        Run(model, input, () => model.call(input));

    /// <summary>The summary of a model that gives a tensor, as a classifier does.</summary>
    public static ModelSummary summary(this torch.nn.Module<SparseTensor, torch.Tensor> model, SparseTensor input) =>
        Run(model, input, () => model.call(input));

    /// <summary>The summary of a model that gives several sparse tensors, as an encoder does.</summary>
    public static ModelSummary summary(this torch.nn.Module<SparseTensor, SparseTensor[]> model, SparseTensor input) =>
        Run(model, input, () => model.call(input));

    /// <summary>The summary of a model that takes points, as SPVCNN does.</summary>
    public static ModelSummary summary(this torch.nn.Module<PointTensor, torch.Tensor> model, PointTensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        return Run(model, input.voxels().map, input.ToString(), () => model.call(input));
    }

    private static ModelSummary Run(torch.nn.Module model, SparseTensor input, Action call)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Run(model, input.map, input.ToString(), call);
    }

    private static ModelSummary Run(torch.nn.Module model, CoordinateMap level, string input, Action call)
    {
        ArgumentNullException.ThrowIfNull(model);
        var modes = new List<(torch.nn.Module Module, bool Training)>();
        Remember(model);
        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        using var trace = new SummaryTrace(model, level);
        try
        {
            model.eval();
            call();
        }
        finally
        {
            // Parents come before children, whose own modes so have the last word.
            foreach (var (module, training) in modes)
            {
                module.train(training);
            }
        }

        return new ModelSummary(model.GetName(), input, trace.Finish(), trace.Reach);

        void Remember(torch.nn.Module module)
        {
            modes.Add((module, module.training));
            foreach (var (_, child) in module.named_children())
            {
                Remember(child);
            }
        }
    }
}

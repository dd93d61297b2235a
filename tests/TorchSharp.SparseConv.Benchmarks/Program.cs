using System.CommandLine;
using TorchSharp.SparseConv.Benchmarks;

var root = new RootCommand("Performance of TorchSharp.SparseConv on this machine.")
{
    CompareCommand.Create(),
    DenseCommand.Create(),
    ScaleCommand.Create(),
    PointsCommand.Create(),
    NamedCommand.Create(),
};
return root.Parse(args.Length == 0 ? ["compare"] : args).Invoke();

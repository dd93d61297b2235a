using System.CommandLine;
using TorchSharp.SparseConv.Benchmarks;

return CompareCommand.Create().Parse(args).Invoke();

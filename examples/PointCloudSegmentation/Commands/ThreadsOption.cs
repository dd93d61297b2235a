using System.CommandLine;
using TorchSharp;
using TorchSharp.SparseConv;

namespace PointCloudSegmentation.Commands;

/// <summary>The option that limits the processors used.</summary>
internal sealed class ThreadsOption
{
    private readonly Option<int?> _threads = Options
        .Maybe<int>("--threads", "Processors to use [default: all]")
        .PositiveIfGiven();

    public void AddTo(Command command) => command.Add(_threads);

    public void Apply(ParseResult parsed)
    {
        if (parsed.GetValue(_threads) is { } threads)
        {
            torch.set_num_threads(threads);
            SparseConvRuntime.Threads = threads;
        }
    }
}

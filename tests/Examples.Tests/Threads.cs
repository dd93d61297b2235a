using TorchSharp;
using TorchSharp.SparseConv.Core;

namespace Examples.Tests;

// The numbers of threads of this process, which --threads changes. Tiny runs are fastest on one.
internal readonly record struct Threads(int Torch, int Engine)
{
    public static Threads Now() => new(torch.get_num_threads(), SparseConvRuntime.Threads);

    public void Restore()
    {
        torch.set_num_threads(Torch);
        SparseConvRuntime.Threads = Engine;
    }
}

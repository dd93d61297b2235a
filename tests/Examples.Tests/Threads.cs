using TorchSharp;
using TorchSharp.SparseConv;

namespace Examples.Tests;

// How many processors this process uses, which --threads changes: tiny runs are quickest on one.
internal readonly record struct Threads(int Torch, int Engine)
{
    public static Threads Now() => new(torch.get_num_threads(), SparseConvRuntime.Threads);

    public void Restore()
    {
        torch.set_num_threads(Torch);
        SparseConvRuntime.Threads = Engine;
    }
}

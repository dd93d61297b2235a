namespace TorchSharp.SparseConv.Functions;

/// <summary>The state of PyTorch's default random numbers on the CPU, which dropout draws from.</summary>
internal static class RandomState
{
    internal static byte[] Read()
    {
        using var state = torch.get_rng_state();
        return TensorMemory.Bytes(state).ToArray();
    }

    internal static void Write(byte[] state)
    {
        using var tensor = torch.tensor(state, torch.ScalarType.Byte);
        torch.set_rng_state(tensor);
    }
}

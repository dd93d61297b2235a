namespace TorchSharp.SparseConv;

/// <summary>
/// The state of PyTorch's default random numbers on the CPU, which dropout draws from, and the seed of those on CUDA
/// devices, whose state TorchSharp does not give.
/// </summary>
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

    /// <summary>
    /// Seeds the CUDA devices anew, by the CPU's random numbers, where a tensor is on one; null where it is not.
    /// </summary>
    internal static long? SeedCuda(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CUDA)
        {
            return null;
        }

        using var scope = torch.NewDisposeScope();
        var seed = torch.randint(int.MaxValue, Array.Empty<long>(), torch.ScalarType.Int64).item<long>();
        SeedCuda(seed);
        return seed;
    }

    /// <summary>Seeds the CUDA devices, or does nothing for null.</summary>
    internal static void SeedCuda(long? seed)
    {
        if (seed is { } value)
        {
            torch.cuda.manual_seed_all(value);
        }
    }
}

using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A block that keeps its input alone and runs again in Backward: with the random numbers that it drew the first time,
/// and with its buffers put back afterwards.
/// </summary>
internal sealed class CheckpointOp : Operation<CheckpointOp>
{
    private readonly torch.nn.Module<SparseTensor, SparseTensor> _block;
    private readonly torch.Tensor[] _parameters;
    private readonly CoordinateMap _sites;
    private readonly int _batchSize;
    private readonly byte[] _random = RandomState.Read();
    private readonly long? _cudaSeed;
    private readonly Input _features;
    private readonly Input[] _ofParameters;
    private readonly Saved _savedFeatures;
    private readonly Saved[] _savedParameters;
    private SparseTensor? _result;

    private CheckpointOp(
        torch.nn.Module<SparseTensor, SparseTensor> block,
        SparseTensor input,
        torch.Tensor[] parameters
    )
    {
        (_block, _parameters, _sites, _batchSize) = (block, parameters, input.map, input.batch_size);
        _cudaSeed = RandomState.SeedCuda(input.features);
        _features = Reads(input.features);
        _savedFeatures = Saves();
        _ofParameters = Array.ConvertAll(parameters, Reads);
        _savedParameters = Array.ConvertAll(parameters, _ => Saves());
    }

    /// <summary>The block's output, which keeps nothing of what lies between where a gradient is wanted.</summary>
    internal static SparseTensor Run(torch.nn.Module<SparseTensor, SparseTensor> block, SparseTensor input)
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        torch.Tensor[] parameters = [.. block.parameters().Where(parameter => parameter.requires_grad)];
        if (!torch.is_grad_enabled() || (parameters.Length == 0 && !input.features.requires_grad))
        {
            return block.call(input);
        }

        using var scope = torch.NewDisposeScope();
        var call = new CheckpointOp(block, input, parameters);
        var features = call.Run();
        var result = call._result!;
        call._result = null;
        return result.with_features(features).MoveToOuterDisposeScope();
    }

    protected override torch.Tensor Forward()
    {
        using var untracked = torch.no_grad();

        // Detached, so that a block that gives its input back does not give the very tensor that autograd knows.
        _result = _block.call(new SparseTensor(_features.Tensor!.detach(), _sites, _batchSize));
        _savedFeatures.Tensor = _features.Tensor;

        // The parameters, too, so that one changed before backward is noticed.
        foreach (var (saved, input) in _savedParameters.Zip(_ofParameters))
        {
            saved.Tensor = input.Tensor;
        }

        return _result.features;
    }

    protected override void Backward(torch.Tensor gradient)
    {
        var before = RandomState.Read();
        var buffers = _block.buffers().Select(buffer => (buffer, buffer.detach().clone())).ToArray();
        var features = _savedFeatures.Tensor!.detach().requires_grad_(_features.NeedsGradient);
        try
        {
            RandomState.Write(_random);
            RandomState.SeedCuda(_cudaSeed);
            var output = Repeat(features);
            if (output.requires_grad)
            {
                Differentiate(features, output, gradient);
            }
        }
        finally
        {
            RandomState.Write(before);
            if (_cudaSeed is not null)
            {
                RandomState.SeedCuda(features);
            }

            foreach (var (buffer, saved) in buffers)
            {
                TensorMemory.Restore(buffer, saved);
            }
        }
    }

    private torch.Tensor Repeat(torch.Tensor features)
    {
        using var tracked = torch.enable_grad();
        return _block.call(new SparseTensor(features, _sites, _batchSize)).features;
    }

    private void Differentiate(torch.Tensor features, torch.Tensor output, torch.Tensor gradient)
    {
        // Their own gradients step aside, since tensor.backward, unlike autograd.grad, fails with an exception.
        var own = Array.ConvertAll(_parameters, parameter => parameter.grad);
        try
        {
            foreach (var parameter in _parameters)
            {
                parameter.grad = null!;
            }

            output.backward([gradient]);
            _features.Gradient = _features.NeedsGradient ? features.grad : null;
            foreach (var (input, parameter) in _ofParameters.Zip(_parameters))
            {
                input.Gradient = parameter.grad;
            }
        }
        finally
        {
            foreach (var (parameter, gradientBefore) in _parameters.Zip(own))
            {
                parameter.grad = gradientBefore!;
            }
        }
    }
}

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

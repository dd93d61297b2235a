using System.Security.Cryptography;
using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>
/// The number of threads, ours and libtorch's, changes no bit of any layer or model: results, gradients, and what ten steps
/// of training make of the parameters. The sizes are those at which libtorch spreads sums and products over threads.
/// </summary>
[TestFixture]
[NonParallelizable]
public sealed class ThreadCountTests
{
    private const int Steps = 10;
    private static readonly EveryLayer.Size Large = new(32, 0.5, 18);
    private static readonly int[][] Rows = Cloud.Random(new Random(3), [18, 18, 18], [0, 0, 0], 2, 2800).Rows;

    private static IEnumerable<string> Names => EveryLayer.Names;

    [Test]
    public void Training_gives_the_same_bits([ValueSource(nameof(Names))] string name)
    {
        var before = torch.get_num_threads();
        try
        {
            var once = Train(name, 1);
            Assert.That(once, Is.Not.Empty);
            foreach (var threads in (int[])[2, 3, 4])
            {
                Assert.That(Train(name, threads), Is.EqualTo(once), $"{threads} threads");
            }
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    /// <summary>A line for each result and gradient of each step, and for each tensor of the module after the last.</summary>
    private static List<string> Train(string name, int threads)
    {
        torch.set_num_threads(threads);
        using var scope = torch.NewDisposeScope();
        using var probe = EveryLayer.Create(name, Large);
        var random = new Random(9);
        var features = Tensors.Random(random, torch.ScalarType.Float32, Rows.Length, Large.Channels).requires_grad_();
        var coordinates = Tensors.Coordinates(Rows, 3);
        var trains = probe.parameters().Any();
        using var optimizer = trains ? torch.optim.AdamW(probe.parameters(), 1e-3) : null;
        var lines = new List<string>();
        for (var step = 0; step < (trains ? Steps : 1); step++)
        {
            using var inner = torch.NewDisposeScope();
            probe.zero_grad();
            features.grad?.zero_();
            var input = new SparseTensor(features, coordinates, 2);
            var output = probe.call(input);
            Add(step, "result", output);
            using var middle = torch.full_like(output, 0.1);
            (output - middle).pow(2).mean().backward();
            BackwardFailure.ThrowIfAny();
            Add(step, "gradient of the features", features.grad);
            foreach (var (path, parameter) in probe.named_parameters())
            {
                Add(step, $"gradient of {path}", parameter.grad);
            }

            optimizer?.step();
            input.manager.Dispose();
        }

        foreach (var (path, value) in probe.state_dict())
        {
            Add(Steps, path, value);
        }

        return lines;

        void Add(int step, string what, torch.Tensor? tensor)
        {
            if (tensor is null)
            {
                return;
            }

            using var within = torch.NewDisposeScope();
            var values = tensor.detach().contiguous();
            if (values.is_floating_point())
            {
                Assert.That(values.isfinite().all().item<bool>(), what);
            }

            lines.Add($"step {step}, {what}: {Convert.ToHexString(SHA256.HashData(values.bytes)[..8])}");
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Autograd;
using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Blocks that run again in backward, against the same blocks that keep everything.</summary>
[TestFixture]
[NonParallelizable]
public sealed partial class SparseCheckpointTests
{
    private const int Channels = 4;

    private static readonly Dictionary<string, Func<Module<SparseTensor, SparseTensor>>> Blocks = new(
        StringComparer.Ordinal
    )
    {
        ["convolutions, batch norms and dropout"] = () =>
            new SparseSequential(
                new SubMConv3d(Channels, 8, 3, bias: false),
                BatchNorm1d(8),
                ReLU(inplace: true),
                Dropout(0.5),
                new SubMConv3d(8, Channels, 3),
                new SparseBatchNorm(Channels)
            ),
        ["new levels"] = () =>
            new SparseSequential(new SparseConv3d(Channels, 6, 3, 2, 1), ReLU(), new SparseMaxPool3d(2)),
        ["cached levels"] = () =>
            new SparseSequential(
                new SparseConv3d(Channels, 6, 2, 2),
                new SparseBatchNorm(6),
                new SparseConvTranspose3d(6, Channels, 2, 2)
            ),
        ["pruning"] = () =>
            new SparseSequential(new SparsePruningHead(Channels, PruningRule.Best(20)), new SubMConv3d(Channels, 3, 3)),
        ["a residual block"] = () => new ResidualBlock(new SparseLayerFactory(3, null, null), Channels, 6, false),
        ["its input"] = () => new SparseSequential(),
        ["layers without parameters"] = () => new SparseSequential(new SparseAvgPool3d(2), Dropout(0.3)),
        ["a checkpoint in a checkpoint"] = () =>
            new SparseSequential(
                new SubMConv3d(Channels, 5, 3),
                Dropout(0.2),
                new SparseCheckpoint(
                    new SparseSequential(
                        new SubMConv3d(5, 6, 3),
                        new SparseCheckpoint(new SparseSequential(new SparseBatchNorm(6), Dropout(0.2))),
                        new SubMConv3d(6, Channels, 1)
                    )
                )
            ),
        ["a whole network"] = () => new MinkUNet(MinkUNetKind.MinkUNet14, Channels, 3, 0.1, 3),
    };

    private static IEnumerable<string> Names => Blocks.Keys;

    [Test]
    public void Gradients_buffers_and_random_numbers_are_the_same_bit_for_bit(
        [ValueSource(nameof(Names))] string name,
        [Values] bool training,
        [Values] bool featuresWantGradients,
        [Values(torch.ScalarType.Float32, torch.ScalarType.BFloat16)] torch.ScalarType type
    )
    {
        using var scope = torch.NewDisposeScope();
        var plain = Step(name, block => block, training, featuresWantGradients, type);
        var checkpointed = Step(name, block => new SparseCheckpoint(block), training, featuresWantGradients, type);
        Assert.That(checkpointed, Has.Count.EqualTo(plain.Count));
        using (Assert.EnterMultipleScope())
        {
            foreach (var (what, values) in plain)
            {
                Assert.That(checkpointed[what], Is.EqualTo(values), what);
            }
        }
    }

    [Test]
    public void Two_in_a_row_and_a_block_used_twice_add_their_gradients_as_without()
    {
        using var scope = torch.NewDisposeScope();
        var plain = Run(static (block, x) => block.call(block.call(x)));
        var checkpointed = Run(static (block, x) => SparseCheckpoint.run(block, SparseCheckpoint.run(block, x)));
        Assert.That(checkpointed, Is.EqualTo(plain));

        static List<byte[]> Run(Func<Module<SparseTensor, SparseTensor>, SparseTensor, SparseTensor> call)
        {
            torch.manual_seed(5);
            using var block = Blocks["convolutions, batch norms and dropout"]();
            var input = Input(torch.ScalarType.Float32);
            input.features.requires_grad_();

            // A gradient that was there before stays part of the sum.
            for (var step = 0; step < 2; step++)
            {
                call(block, input).features.pow(2).sum().backward();
            }

            return [.. block.parameters().Select(one => Bits(one.grad!)), Bits(input.features.grad!)];
        }
    }

    [Test]
    public void Without_gradients_the_block_just_runs()
    {
        using var scope = torch.NewDisposeScope();
        using var checkpoint = new SparseCheckpoint(Blocks["cached levels"]());
        checkpoint.eval();
        using (torch.no_grad())
        {
            Assert.That(checkpoint.call(Input(torch.ScalarType.Float32)).features.requires_grad, Is.False);
        }

        foreach (var parameter in checkpoint.parameters())
        {
            parameter.requires_grad = false;
        }

        Assert.That(checkpoint.call(Input(torch.ScalarType.Float32)).features.requires_grad, Is.False);
    }

    [Test]
    public void Frozen_parameters_get_no_gradient()
    {
        using var scope = torch.NewDisposeScope();
        using var convolution = new SubMConv3d(Channels, 3, 3);
        using var checkpoint = new SparseCheckpoint(convolution);
        convolution.weight.requires_grad = false;
        checkpoint.call(Input(torch.ScalarType.Float32)).features.sum().backward();
        Assert.That(convolution.weight.grad, Is.Null);
        Assert.That(convolution.bias!.grad, Is.Not.Null);
    }

    [Test]
    public void Parameters_changed_before_backward_are_noticed()
    {
        using var scope = torch.NewDisposeScope();
        using var convolution = new SubMConv3d(Channels, 3, 3);
        var output = SparseCheckpoint.run(convolution, Input(torch.ScalarType.Float32));
        using (torch.no_grad())
        {
            convolution.weight.zero_();
        }

        output.features.sum().backward();
        Assert.That(convolution.bias!.grad!.isnan().all().item<bool>(), Is.True);
        Assert.That(BackwardFailure.ThrowIfAny, Throws.InvalidOperationException);
    }

    [Test]
    public void A_block_that_fails_the_second_time_ends_in_an_exception_not_in_an_abort()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(torch.ScalarType.Float32);
        input.features.requires_grad_();
        using var block = new FailsTheSecondTime();
        SparseCheckpoint.run(block, input).features.sum().backward();
        Assert.That(input.features.grad!.isnan().all().item<bool>(), Is.True);
        Assert.That(
            BackwardFailure.ThrowIfAny,
            Throws.InvalidOperationException.With.InnerException.InstanceOf<TimeoutException>()
        );
    }

    [Test]
    public void Levels_and_rulebooks_are_made_once()
    {
        using var scope = torch.NewDisposeScope();
        var input = Input(torch.ScalarType.Float32);
        using var checkpoint = new SparseCheckpoint(Blocks["cached levels"]());
        var output = checkpoint.call(input);
        var before = LiveObjects.Settled();
        output.features.sum().backward();
        Assert.That(SparseConvRuntime.LiveObjects, Is.EqualTo(before));
    }

    [Test]
    public void Holds_less_than_half_of_the_memory()
    {
        AllocatedMemory.Require();
        using var scope = torch.NewDisposeScope();
        using var block = new SparseSequential([
            .. Enumerable
                .Range(0, 4)
                .Select(_ => new SparseLayer(new ResidualBlock(new SparseLayerFactory(3, null, null), 32, 32, false))),
        ]);
        var cloud = Cloud.Random(new Random(2), [40, 40, 40], [0, 0, 0], 1, 12_000);
        var input = new SparseTensor(torch.ones(cloud.Rows.Length, 32), cloud.Coordinates());
        block.call(input).features.sum().backward();
        var checkpointed = Held(() => SparseCheckpoint.run(block, input));
        var plain = Held(() => block.call(input));
        TestContext.Out.WriteLine($"{plain >> 10} KiB held by the block itself, {checkpointed >> 10} by a checkpoint");
        Assert.That(checkpointed, Is.LessThan(plain / 2));
    }

    /// <summary>For docs/checkpointing.md.</summary>
    [TestCase(false)]
    [TestCase(true)]
    [Explicit("a measurement")]
    public void Memory_and_time_of_a_training_step_of_MinkUNet18(bool checkpointing)
    {
        using var scope = torch.NewDisposeScope();
        using var net = new MinkUNet(MinkUNetKind.MinkUNet18, Channels, 10, 0.5);
        net.checkpointing = checkpointing;
        var rows = Cloud.Random(new Random(2), [96, 96, 8], [0, 0, 0], 2, 80_000);
        var input = new SparseTensor(torch.ones(rows.Rows.Length, Channels), rows.Coordinates());
        for (var step = 0; step < 3; step++)
        {
            using var inner = torch.NewDisposeScope();
            net.zero_grad();
            File.WriteAllText("/proc/self/clear_refs", "5");
            var before = Resident();
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var loss = net.call(input).features.sum();
            var held = Resident() - before;
            loss.backward();
            var high = File.ReadLines("/proc/self/status")
                .First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
            var peak =
                (
                    long.Parse(high.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
                    << 10
                ) - before;
            TestContext.Out.WriteLine(
                $"held {held >> 20} MiB, peak {peak >> 20} MiB, {watch.Elapsed.TotalSeconds:F2} s"
            );
        }
    }

    /// <summary>The memory that a forward pass leaves allocated until backward.</summary>
    private static long Held(Func<SparseTensor> forward)
    {
        using var scope = torch.NewDisposeScope();
        var before = AllocatedMemory.Now();
        var output = forward();
        var held = AllocatedMemory.Now() - before;
        output.features.sum().backward();
        return held;
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _ = malloc_trim(0);
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    /// <summary>All that a training step leaves, as bytes by name.</summary>
    private static Dictionary<string, byte[]> Step(
        string name,
        Func<Module<SparseTensor, SparseTensor>, Module<SparseTensor, SparseTensor>> wrap,
        bool training,
        bool featuresWantGradients,
        torch.ScalarType type
    )
    {
        torch.manual_seed(29);
        using var block = Blocks[name]();
        using var module = wrap(block);
        module.train(training);
        var input = Input(type);
        input.features.requires_grad_(featuresWantGradients);
        var output = module.call(input);
        var result = new Dictionary<string, byte[]>(StringComparer.Ordinal) { ["output"] = Bits(output.features) };
        if (output.features.requires_grad)
        {
            (output.features * Tensors.Random(new Random(1), type, output.features.shape)).sum().backward();
        }

        BackwardFailure.ThrowIfAny();
        result["the next random number"] = Bits(torch.rand(1));
        if (featuresWantGradients)
        {
            result["features"] = Bits(input.features.grad!);
        }

        foreach (var (path, parameter) in block.named_parameters())
        {
            result[path] = parameter.grad is { } gradient ? Bits(gradient) : [];
        }

        foreach (var (path, buffer) in block.named_buffers())
        {
            result[path] = Bits(buffer);
        }

        return result;
    }

    private static byte[] Bits(torch.Tensor tensor) => TensorMemory.Bytes(tensor.detach().contiguous()).ToArray();

    private static SparseTensor Input(torch.ScalarType type)
    {
        var random = new Random(5);
        var cloud = Cloud.Random(random, [20, 20, 20], [-4, 0, 2], 2, 600);
        return new SparseTensor(Tensors.Random(random, type, cloud.Rows.Length, Channels), cloud.Coordinates());
    }

    private sealed class FailsTheSecondTime() : Module<SparseTensor, SparseTensor>(nameof(FailsTheSecondTime))
    {
        private int _calls;

        public override SparseTensor forward(SparseTensor input) =>
            ++_calls > 1 ? throw new TimeoutException("once is enough") : input.with_features(input.features * 2);
    }
}

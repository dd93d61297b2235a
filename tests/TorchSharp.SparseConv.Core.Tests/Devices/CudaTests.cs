namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Whether there is CUDA, and what is said where there is not.</summary>
[TestFixture]
public sealed class CudaTests
{
    [Test]
    public void Cuda_takes_part_in_this_run()
    {
        if (SparseConvRuntime.CudaFailure is { } reason)
        {
            Assert.Ignore(reason);
        }

        Assert.That(SparseConvRuntime.CudaDevices, Is.Not.Empty.And.All.Not.Empty);
        Assert.That(Backends.Available, Does.Contain(Backend.Cuda));
    }

    [Test]
    public void A_device_that_is_not_there_is_refused_with_the_reason()
    {
        Refused.With(() => _ = new CoordinateManager(3, -2), "device", "device is -2");
        var devices = SparseConvRuntime.CudaDevices.Count;
        if (SparseConvRuntime.CudaFailure is { } reason)
        {
            var failure = Assert.Throws<SparseConvException>(() => _ = new CoordinateManager(3, 0));
            Assert.That(failure?.Status, Is.EqualTo(Status.Device));
            Assert.That(failure?.Message, Is.EqualTo(reason).And.Not.Empty);
            Assert.That(devices, Is.Zero);
        }
        else
        {
            Refused.With(() => _ = new CoordinateManager(3, devices), "device", $"must be below the {devices}");
        }
    }

    [Test]
    public void Tf32_is_off_until_it_is_allowed()
    {
        Assert.That(SparseConvRuntime.AllowTf32, Is.False);
        SparseConvRuntime.AllowTf32 = true;
        Assert.That(SparseConvRuntime.AllowTf32, Is.True);
        SparseConvRuntime.AllowTf32 = false;
        Assert.That(SparseConvRuntime.AllowTf32, Is.False);
    }

    [Test]
    public void A_convolution_on_a_device_needs_scratch_of_the_caller()
    {
        if (SparseConvRuntime.CudaFailure is { } reason)
        {
            Assert.Ignore(reason);
        }

        using var scene = new Scene(Cases.Named("3d_wide_64_to_48"), Backend.Cuda);
        var problem = new Problem<float>(scene, ConvolutionDirection.FineToCoarse);
        var bytes = Convolution.WorkspaceBytes(
            scene.Rulebook,
            ConvolutionDirection.FineToCoarse,
            ConvolutionPass.BackwardWeight,
            64,
            48,
            ElementType.Float32
        );
        if (bytes == 0)
        {
            Assert.Ignore("this engine needs none");
        }

        Refused.With(
            () =>
                Convolution.BackwardWeight(
                    scene.Rulebook,
                    ConvolutionDirection.FineToCoarse,
                    problem.Input.View,
                    problem.GradOutput.View,
                    problem.Weight.View,
                    null
                ),
            "workspace",
            $"must have {bytes} bytes on CUDA device 0"
        );
    }
}

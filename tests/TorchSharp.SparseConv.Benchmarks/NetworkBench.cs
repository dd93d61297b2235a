using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>
/// MinkUNet18 of width 1 with a 3^3 stem, 4 channels in, 19 classes out: forward with rulebooks at hand and from raw
/// coordinates, a training step (forward, cross-entropy, backward, SGD), and forward once more with the network fused.
/// </summary>
internal static class NetworkBench
{
    private const int Classes = 19;

    private static readonly string[] Names = ["unet_fwd", "unet_fwd_raw", "unet_train", "unet_fwd_fused"];

    /// <summary>Measures one cloud.</summary>
    public static void Run(Session session, Cloud cloud)
    {
        if (!Names.Any(session.Wants))
        {
            return;
        }

        using var scope = NewDisposeScope();
        random.manual_seed(1);
        using var model = new MinkUNet(
            MinkUNetKind.MinkUNet18,
            4,
            Classes,
            stem_kernel: 3,
            dtype: session.Settings.WeightDtype
        );
        var sites = tensor(cloud.Coordinates).reshape(cloud.Voxels, 4);
        var features = rand(cloud.Voxels, 4).to(session.Settings.Dtype);
        var labels = randint(0, Classes, [cloud.Voxels], dtype: int64);
        using var kept = new SparseTensor(features, sites);
        model.eval();
        if (session.Wants("unet_fwd"))
        {
            session.Measure("unet_fwd", cloud, () => Forward(model, kept));
        }

        if (session.Wants("unet_fwd_raw"))
        {
            session.Measure("unet_fwd_raw", cloud, () => ForwardFromCoordinates(model, features, sites));
        }

        model.train();
        using var optimizer = optim.SGD(model.parameters(), 0.01);
        if (session.Wants("unet_train"))
        {
            session.Measure("unet_train", cloud, () => Step(model, optimizer, kept, labels));
        }

        model.eval();
        if (session.Wants("unet_fwd_fused"))
        {
            model.fuse();
            session.Measure("unet_fwd_fused", cloud, () => Forward(model, kept));
        }
        kept.manager.Dispose();
    }

    private static void Forward(MinkUNet model, SparseTensor x)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        model.call(x);
    }

    private static void ForwardFromCoordinates(MinkUNet model, Tensor features, Tensor sites)
    {
        using var scope = NewDisposeScope();
        var x = new SparseTensor(features, sites);
        Forward(model, x);
        x.manager.Dispose();
    }

    private static void Step(MinkUNet model, optim.Optimizer optimizer, SparseTensor x, Tensor labels)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        var loss = nn.functional.cross_entropy(model.call(x).features, labels);
        loss.backward();
        optimizer.step();
    }
}

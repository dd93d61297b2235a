using static TorchSharp.torch;

namespace TorchSharp.Modules;

public abstract class InstanceNorm : NormBase
{
    public InstanceNorm(
        long num_features,
        double eps,
        double? momentum,
        bool affine,
        bool track_running_stats,
        Device? device,
        ScalarType? dtype,
        string name
    )
        : base(num_features, eps, momentum ?? 0.1, affine, track_running_stats, device, dtype, name) { }

    protected abstract long GetNumberOfBatchDimensions();

    public override Tensor forward(Tensor input)
    {
        ValidateInputDimensions(input);
        long dimension = input.ndim - GetNumberOfBatchDimensions();
        long features = input.shape[dimension];
        if (features != num_features)
        {
            throw new ArgumentException(
                $"expected input's size at dim={dimension} to match num_features ({num_features}), but got: {features}."
            );
        }

        if (dimension != 0)
        {
            return Normalize(input);
        }

        using Tensor batch = input.unsqueeze(0);
        using Tensor result = Normalize(batch);
        return result.squeeze(0);
    }

    private Tensor Normalize(Tensor input) =>
        nn.functional.instance_norm(
            input,
            running_mean,
            running_var,
            weight,
            bias,
            training || !track_running_stats,
            momentum ?? 0.1,
            eps
        );
}

public sealed class InstanceNorm1d : InstanceNorm
{
    internal InstanceNorm1d(
        long num_features,
        double eps,
        double momentum,
        bool affine,
        bool track_running_stats,
        Device? device,
        ScalarType? dtype
    )
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(InstanceNorm1d)) { }

    protected override long GetNumberOfBatchDimensions() => 2;

    protected override void ValidateInputDimensions(Tensor input) => RequireDimensions(input, "2D or 3D", 2, 3);
}

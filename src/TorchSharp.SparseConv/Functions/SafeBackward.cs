using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// What stands around the backward pass of every function here: nothing leaves it, a failure becomes gradients that are
/// not numbers and is thrown by the next call of any layer, and the gradients live until TorchSharp has read them.
/// </summary>
internal static class SafeBackward
{
    private const string GradientsKey = "gradients";

    private static readonly Scalar NotANumber = double.NaN;

    /// <summary>The gradients of a function's arguments, null where differentiate leaves them so.</summary>
    /// <param name="ctx">The function's context.</param>
    /// <param name="gradOutput">The gradient of the output; disposed afterwards.</param>
    /// <param name="shapes">The shape of each argument's gradient, null where none is wanted.</param>
    /// <param name="differentiate">Writes the gradients, from a contiguous gradient of the output.</param>
    [SuppressMessage("Design", "CA1031", Justification = "An exception that leaves backward ends the process.")]
    internal static List<torch.Tensor> Run(
        torch.autograd.AutogradContext ctx,
        torch.Tensor gradOutput,
        long[]?[] shapes,
        Action<torch.Tensor, List<torch.Tensor>> differentiate
    )
    {
        List<torch.Tensor> gradients = [.. shapes.Select(_ => (torch.Tensor)null!)];
        try
        {
            ReturnedGradients.Release();
            if (!gradOutput.IsInvalid)
            {
                Differentiate(gradOutput, shapes, differentiate, gradients);

                // The wrapper is ours alone; left to the garbage collector it would hold the whole matrix.
                gradOutput.Dispose();
            }

            ctx.save_data(GradientsKey, gradients);
            ReturnedGradients.Remember(gradients);
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception);
        }

        // A list of its own, since the remembered one is emptied when its tensors go.
        return [.. gradients];
    }

    [SuppressMessage("Design", "CA1031", Justification = "Kept for the next call; the gradients become NaN.")]
    private static void Differentiate(
        torch.Tensor gradOutput,
        long[]?[] shapes,
        Action<torch.Tensor, List<torch.Tensor>> differentiate,
        List<torch.Tensor> gradients
    )
    {
        using var scope = torch.NewDisposeScope();
        try
        {
            if (torch.is_grad_enabled())
            {
                throw new NotSupportedException("A sparse layer has no second derivative (create_graph: true).");
            }

            differentiate(TensorMemory.Contiguous(gradOutput), gradients);
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception);
            for (var i = 0; i < shapes.Length; i++)
            {
                gradients[i] = shapes[i] is { } shape
                    ? torch.full(shape, NotANumber, gradOutput.dtype, gradOutput.device)
                    : null!;
            }
        }

        foreach (var gradient in gradients)
        {
            gradient?.MoveToOuterDisposeScope();
        }
    }
}

namespace TorchSharp.SparseConv.Functions;

/// <summary>
/// The autograd function of sums over the rows of each scan, and of its reverse, each of which is the other's gradient.
/// Arguments of apply: rows, call, output. Nothing leaves backward, and nothing can fail inside apply: the output is
/// computed before it.
/// </summary>
internal sealed class ScanFunction : torch.autograd.SingleTensorFunction<ScanFunction>
{
    private const string CallKey = "call";

    public override string Name => "SparseScans";

    /// <summary>Runs the call, on the autograd graph where the rows want a gradient.</summary>
    internal static torch.Tensor Run(ScanCall call, torch.Tensor rows)
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        using var scope = torch.NewDisposeScope();
        var output = Compute(call, TensorMemory.Contiguous(rows.detach()));
        if (torch.is_grad_enabled() && rows.requires_grad)
        {
            output = apply(rows, call, new FinishedOutput(output));
        }

        return output.MoveToOuterDisposeScope();
    }

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false);
        ctx.save_data(CallKey, (ScanCall)vars[1]);
        return ((FinishedOutput)vars[2]).Tensor;
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var call = (ScanCall)ctx.get_data(CallKey);
        return SafeBackward.Run(
            ctx,
            grad_output,
            [call.InputShape, null, null],
            (gradient, gradients) => gradients[0] = Compute(call.Reversed(), gradient)
        );
    }

    // Scan by scan, since rows of two scans are not added up together.
    private static torch.Tensor Compute(ScanCall call, torch.Tensor rows)
    {
        if (!call.Sums)
        {
            return rows.index_select(0, Scans.Index(call.Map, rows.device));
        }

        var scans = Scans.Rows(call.Map, call.Scans);
        return scans.Length == 0
            ? rows.narrow(0, 0, 0).clone()
            : torch.stack(scans.Select(scan => NormEngine.ColumnSums(Scans.Select(rows, scan))));
    }
}

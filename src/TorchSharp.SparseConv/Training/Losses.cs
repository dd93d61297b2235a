namespace TorchSharp.SparseConv;

/// <summary>
/// Losses of point-cloud segmentation that torch lacks, over logits [rows, classes] and labels int64 [rows]. Rows with
/// the ignored label count for nothing; where no row is left, the loss is 0 and so are its gradients. Cross-entropy
/// with class weights is torch's own: <c>cross_entropy(logits, labels, weight, ignore_index: 0)</c>, which gives NaN
/// there.
/// </summary>
public static class Losses
{
    private const long DefaultIgnoreIndex = -100;

    extension(torch.nn.functional)
    {
        /// <summary>
        /// The focal loss (Lin et al. 2017, Focal Loss for Dense Object Detection): the mean over rows of
        /// <c>-(1 - p)^gamma * log(p)</c> for the probability p of the row's class, so that rows which are told well
        /// weigh little. With gamma 0 it is cross-entropy. weight [classes] is the paper's alpha: rows count by the
        /// weight of their class, in the mean's divisor too, as in torch's cross_entropy. 16-bit logits are widened to
        /// Float32. Throws ArgumentException for shapes and types that do not fit, and for a label that is neither a
        /// class nor ignored.
        /// </summary>
        public static torch.Tensor focal_loss(
            torch.Tensor logits,
            torch.Tensor labels,
            double gamma = 2,
            torch.Tensor? weight = null,
            long ignore_index = DefaultIgnoreIndex
        )
        {
            if (!(gamma >= 0) || double.IsInfinity(gamma))
            {
                throw new ArgumentOutOfRangeException(nameof(gamma), gamma, "must be 0 or more, and finite");
            }

            Check(logits, labels, ignore_index);
            var classes = logits.shape[1];
            if (weight is not null && !weight.shape.SequenceEqual([classes]))
            {
                throw new ArgumentException(
                    $"weight has shape {Shapes.Text(weight.shape)}, must be [{classes}], one for each class.",
                    nameof(weight)
                );
            }

            using var scope = torch.NewDisposeScope();
            if (Judged(logits, labels, ignore_index) is not { } judged)
            {
                return Nothing(logits).MoveToOuterDisposeScope();
            }

            var (rows, truth) = judged;
            var log = rows.log_softmax(1).gather(1, truth.unsqueeze(1)).squeeze(1);
            using Scalar exponent = gamma;
            var losses = (-log).mul((-log.exp()).add(Scalars.One, Scalars.One).pow(exponent));
            if (weight is null)
            {
                return losses.mean().MoveToOuterDisposeScope();
            }

            // From the number of rows of each class, so that the divisor does not depend on the number of threads.
            var factors = weight.to_type(losses.dtype);
            var counts = truth.bincount(null, classes);
            var divisor = counts.to_type(torch.ScalarType.Float64).mul(factors.to_type(torch.ScalarType.Float64)).sum();
            var share = factors.index_select(0, truth).div(divisor.to_type(losses.dtype));
            return losses.mul(share).sum().MoveToOuterDisposeScope();
        }

        /// <summary>
        /// The Lovasz-softmax loss (Berman et al. 2018, The Lovasz-Softmax Loss): a surrogate of 1 - IoU, as the mean
        /// over the classes that occur among the labels. It is usually added to cross-entropy. 16-bit logits are
        /// widened to Float32. Throws ArgumentException for shapes and types that do not fit, and for a label that is
        /// neither a class nor ignored.
        /// </summary>
        public static torch.Tensor lovasz_softmax(
            torch.Tensor logits,
            torch.Tensor labels,
            long ignore_index = DefaultIgnoreIndex
        )
        {
            Check(logits, labels, ignore_index);
            using var scope = torch.NewDisposeScope();
            if (Judged(logits, labels, ignore_index) is not { } judged)
            {
                return Nothing(logits).MoveToOuterDisposeScope();
            }

            var (rows, truth) = judged;
            var probabilities = rows.softmax(1);
            var losses = new List<torch.Tensor>();
            for (var label = 0L; label < logits.shape[1]; label++)
            {
                using Scalar number = label;
                var foreground = truth.eq(number);
                if (foreground.any().item<bool>())
                {
                    losses.Add(LovaszOfClass(probabilities.select(1, label), foreground));
                }
            }

            return torch.stack(losses).mean().MoveToOuterDisposeScope();
        }
    }

    // The paper's Lovasz extension of the Jaccard loss at the errors of one class: the errors in descending order, times
    // the steps that 1 - IoU takes when they become wrong one after the other. Counts are whole numbers, and so exact.
    private static torch.Tensor LovaszOfClass(torch.Tensor probability, torch.Tensor foreground)
    {
        var errors = foreground.to_type(probability.dtype).sub(probability).abs();
        var (sorted, order) = torch.sort(errors, dim: 0, descending: true, stable: true);
        using var untracked = torch.no_grad();
        var hits = foreground.index_select(0, order).to_type(torch.ScalarType.Int64);
        var all = hits.sum();
        var lost = hits.cumsum(0);
        var added = hits.logical_not().to_type(torch.ScalarType.Int64).cumsum(0);
        var union = all.add(added, Scalars.One);
        // 1 - (all - lost) / union
        var wrong = lost.add(added, Scalars.One);
        var jaccard = wrong.to_type(torch.ScalarType.Float64).div(union.to_type(torch.ScalarType.Float64));
        var before = torch.cat([jaccard.new_zeros(1), jaccard.narrow(0, 0, jaccard.shape[0] - 1)]);
        var steps = jaccard.sub(before).to_type(probability.dtype);
        using var tracked = torch.enable_grad();
        return sorted.mul(steps).sum();
    }

    // The sum of no rows, so that whatever the others hold gets a gradient of 0.
    private static torch.Tensor Nothing(torch.Tensor logits) => Precision.Widen(logits).narrow(0, 0, 0).sum();

    // The rows that count, wide, and their labels; null for none.
    private static (torch.Tensor Rows, torch.Tensor Labels)? Judged(
        torch.Tensor logits,
        torch.Tensor labels,
        long ignored
    )
    {
        using Scalar number = ignored;
        var rows = labels.ne(number).nonzero().reshape(-1);
        return rows.shape[0] == 0
            ? null
            : (Precision.Widen(logits).index_select(0, rows), labels.index_select(0, rows));
    }

    private static void Check(torch.Tensor logits, torch.Tensor labels, long ignored)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(labels);
        if (logits.ndim != 2 || logits.shape[1] == 0 || !logits.is_floating_point())
        {
            throw new ArgumentException(
                $"logits is {logits.dtype} of shape {Shapes.Text(logits.shape)}, must be floating-point [rows, classes].",
                nameof(logits)
            );
        }

        if (labels.dtype != torch.ScalarType.Int64 || !labels.shape.SequenceEqual([logits.shape[0]]))
        {
            throw new ArgumentException(
                $"labels is {labels.dtype} of shape {Shapes.Text(labels.shape)}, must be Int64 of shape [{logits.shape[0]}].",
                nameof(labels)
            );
        }

        using var scope = torch.NewDisposeScope();
        using Scalar number = ignored;
        using Scalar classes = logits.shape[1];
        var wrong = labels.lt(Scalars.Zero).logical_or(labels.ge(classes)).logical_and(labels.ne(number));
        if (wrong.any().item<bool>())
        {
            var row = wrong.nonzero()[0].item<long>();
            throw new ArgumentException(
                $"labels holds {labels[row].item<long>()} at row {row}, must be 0 to {logits.shape[1] - 1} or the ignored {ignored}.",
                nameof(labels)
            );
        }
    }
}

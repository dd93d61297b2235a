using System.Globalization;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private const int EdgeItems = 3;
        private const int Summarize = 1000;

        /// <summary>Shape, dtype, device, and values; unlike TorchSharp's there is one layout of values for all styles.</summary>
        public override string ToString() => ToString(TensorStringStyle.Metadata);

        public string ToString(
            bool disamb,
            string? fltFormat = null,
            int? width = null,
            CultureInfo? cultureInfo = null,
            string? newLine = null
        ) =>
            disamb
                ? ToString(TensorStringStyle.Julia, fltFormat, width, cultureInfo, newLine)
                : ToString(TensorStringStyle.Metadata);

        public string ToString(
            TensorStringStyle style,
            string? fltFormat = null,
            int? width = null,
            CultureInfo? cultureInfo = null,
            string? newLine = null
        )
        {
            var where = is_meta ? "meta" : device.ToString();
            var text = new StringBuilder($"[{string.Join('x', shape)}], type = {dtype}, device = {where}");
            if (style == TensorStringStyle.Metadata || is_meta || is_sparse)
            {
                return text.ToString();
            }
            using var scope = NewDisposeScope();
            var values = is_floating_point() ? detach().cpu().@double() : detach().cpu();
            text.Append(newLine ?? Environment.NewLine);
            Append(
                text,
                values,
                fltFormat ?? "g5",
                cultureInfo ?? CultureInfo.CurrentCulture,
                values.numel() > Summarize
            );
            return text.ToString();
        }

        private static void Append(
            StringBuilder text,
            Tensor values,
            string format,
            CultureInfo culture,
            bool summarize
        )
        {
            if (values.ndim == 0)
            {
                var value = values.ToScalar();
                text.Append(value.Value is double real ? real.ToString(format, culture) : value.Value.ToString());
                return;
            }
            var length = values.shape[0];
            text.Append('[');
            for (var i = 0L; i < length; i++)
            {
                if (summarize && i == EdgeItems && length > 2 * EdgeItems)
                {
                    text.Append(", ...");
                    i = length - EdgeItems;
                }
                text.Append(i == 0 ? "" : ", ");
                Append(text, values.select(0, i), format, culture, summarize);
            }
            text.Append(']');
        }
    }
}

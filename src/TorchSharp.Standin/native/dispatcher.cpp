// Calls any ATen operator by its schema name, with boxed arguments.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/jit_type.h>
#include <ATen/core/stack.h>

#include "standin.h"

namespace standin {
namespace {

using c10::IValue;
using c10::TypeKind;

// libtorch's own optional in old versions, std::optional in new ones.
using OptionalTensor = decltype(std::declval<const IValue &>().toOptional<at::Tensor>());

// What a schema says of one parameter, unpacked once so that a call need not look at types.
struct Parameter {
  std::string name;
  bool optional = false;
  bool list = false;
  bool real = false;  // float, or list of float
  bool has_default = false;
  IValue fallback;
};

struct Operator {
  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
};

Parameter describe(const c10::Argument &argument) {
  Parameter parameter;
  parameter.name = argument.name();
  auto type = argument.type();
  if (type->kind() == TypeKind::OptionalType) {
    parameter.optional = true;
    type = type->containedType(0);
  }
  if (type->kind() == TypeKind::ListType) {
    parameter.list = true;
    type = type->containedType(0);
  }
  parameter.real = type->kind() == TypeKind::FloatType;
  parameter.has_default = argument.default_value().has_value();
  if (parameter.has_default) parameter.fallback = *argument.default_value();
  return parameter;
}

IValue default_of(const Parameter &parameter) {
  if (parameter.has_default) return parameter.fallback;
  TORCH_CHECK(parameter.optional, "argument '", parameter.name, "' has no default");
  return IValue();
}

template <typename T>
IValue list_of(const Value &value, bool is_list) {
  const auto *data = static_cast<const T *>(value.pointer);
  if (is_list) return IValue(c10::List<T>(c10::ArrayRef<T>(data, static_cast<size_t>(value.length))));
  TORCH_CHECK(value.length == 1, "a list of ", value.length, " values was given where one is allowed");
  return IValue(*data);
}

IValue optional_tensors(const Value &value) {
  const auto *const *handles = static_cast<const at::Tensor *const *>(value.pointer);
  c10::List<OptionalTensor> list;
  for (int32_t i = 0; i < value.length; ++i) {
    list.push_back(handles[i] == nullptr ? OptionalTensor() : OptionalTensor(*handles[i]));
  }
  return IValue(std::move(list));
}

IValue number(int64_t value, const Parameter &parameter) {
  if (parameter.real) {
    const auto real = static_cast<double>(value);
    return parameter.list ? IValue(std::vector<double>{real}) : IValue(real);
  }
  return parameter.list ? IValue(std::vector<int64_t>{value}) : IValue(value);
}

IValue to_ivalue(const Value &value, const Parameter &parameter) {
  switch (value.kind) {
    case Kind::kNone:
      TORCH_CHECK(parameter.optional, "argument '", parameter.name, "' must not be null");
      return IValue();
    case Kind::kDefault:
      return default_of(parameter);
    case Kind::kTensor:
      return IValue(from_handle(static_cast<const at::Tensor *>(value.pointer)));
    case Kind::kTensorList:
      return IValue(from_handles(static_cast<const at::Tensor *const *>(value.pointer), value.length));
    case Kind::kOptionalTensorList:
      return optional_tensors(value);
    case Kind::kInt:
      return number(value.integer, parameter);
    case Kind::kIntList:
      return list_of<int64_t>(value, parameter.list);
    case Kind::kDouble:
      return parameter.list ? IValue(std::vector<double>{value.real}) : IValue(value.real);
    case Kind::kDoubleList:
      return list_of<double>(value, parameter.list);
    case Kind::kBool:
      return IValue(value.integer != 0);
    case Kind::kComplex: {
      const auto *parts = static_cast<const double *>(value.pointer);
      return IValue(c10::complex<double>(parts[0], parts[1]));
    }
    case Kind::kDevice:
      return IValue(c10::Device(static_cast<c10::DeviceType>(value.integer >> 32),
                                static_cast<c10::DeviceIndex>(static_cast<int32_t>(value.integer))));
    case Kind::kString:
      return IValue(std::string(static_cast<const char *>(value.pointer), static_cast<size_t>(value.length)));
    case Kind::kGenerator:
      return IValue(*static_cast<const at::Generator *>(value.pointer));
  }
  TORCH_CHECK(false, "unknown kind of argument: ", static_cast<int32_t>(value.kind));
}

Value tensor_value(at::Tensor tensor) {
  Value value{Kind::kTensor, 0, {}};
  value.pointer = to_handle(std::move(tensor));
  return value;
}

void append(std::vector<Value> &results, const IValue &result) {
  Value value{Kind::kNone, 0, {}};
  if (result.isTensor()) {
    value = tensor_value(result.toTensor());
  } else if (result.isTensorList()) {
    for (const at::Tensor &tensor : result.toTensorVector()) results.push_back(tensor_value(tensor));
    return;
  } else if (result.isInt()) {
    value.kind = Kind::kInt;
    value.integer = result.toInt();
  } else if (result.isDouble()) {
    value.kind = Kind::kDouble;
    value.real = result.toDouble();
  } else if (result.isBool()) {
    value.kind = Kind::kBool;
    value.integer = result.toBool() ? 1 : 0;
  } else {
    TORCH_CHECK(result.isNone(), "a result of type ", result.tagKind(), " is not supported");
  }
  results.push_back(value);
}

thread_local std::vector<Value> call_results;

}  // namespace
}  // namespace standin

using namespace standin;

// Finds an operator; the result lives as long as the process.
STANDIN_API standin_operator(const char *name, const char *overload, const Operator **result) {
  return guard([&] {
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    auto found = std::make_unique<Operator>(Operator{handle, {}});
    for (const auto &argument : handle.schema().arguments()) found->parameters.push_back(describe(argument));
    *result = found.release();
  });
}

// Calls it. Missing trailing arguments take the schema's defaults. `results` stay valid until this thread's next call.
STANDIN_API standin_call(const Operator *op, const Value *arguments, int32_t count, const Value **results,
                         int64_t *result_count) {
  return guard([&] {
    const auto &parameters = op->parameters;
    TORCH_CHECK(static_cast<size_t>(count) <= parameters.size(), "too many arguments: ", count);
    torch::jit::Stack stack;
    stack.reserve(parameters.size());
    for (size_t i = 0; i < parameters.size(); ++i) {
      const bool given = i < static_cast<size_t>(count);
      stack.push_back(given ? to_ivalue(arguments[i], parameters[i]) : default_of(parameters[i]));
    }
    op->handle.callBoxed(stack);
    call_results.clear();
    for (const IValue &result : stack) append(call_results, result);
    *results = call_results.data();
    *result_count = static_cast<int64_t>(call_results.size());
  });
}

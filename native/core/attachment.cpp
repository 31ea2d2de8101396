#include "core/attachment.hpp"

namespace subinterp {

Attachment::Attachment(PyThreadState *state) {
    enter_python([state] { PyEval_RestoreThread(state); });
}

Attachment::~Attachment() { PyEval_SaveThread(); }

Detachment::Detachment() : state_(PyEval_SaveThread()) {}

Detachment::~Detachment() {
    enter_python([this] { PyEval_RestoreThread(state_); });
}

} // namespace subinterp
